"""From rows of tables to synapses: columns, neurons, parallel rows, signs and gap junctions, for `from_tables`."""
