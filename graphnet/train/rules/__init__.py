"""Rules of an update: optimizers, schedules, clipping, noise and dropout."""
