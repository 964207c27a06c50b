"""What is true of an object, each fact as one pure function: map, tree, lists, pages, search and CSV show what these say."""
