"""Which candidates a person must look at."""
