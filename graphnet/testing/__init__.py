"""For tests of networks: strategies that draw random graphs for hypothesis."""
