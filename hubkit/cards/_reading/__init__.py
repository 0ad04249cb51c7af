"""Reading an adapter: what the files of its folder prove, each fact with its source."""
