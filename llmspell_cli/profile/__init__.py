"""`run --profile`: what took how long, as a table and as a flame graph."""
