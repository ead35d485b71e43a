"""Tables of any size, column by column: frames of pandas and of others, and files of tables.

``graphnet.io.data.tables`` reads tables of data exactly and row by row; this package reads tables of synapses, which
have millions of rows, with the fast readers of pandas and pyarrow.
"""
