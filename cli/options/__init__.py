"""Options: their types, the settings behind them, and the files that hold those."""
