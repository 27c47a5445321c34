"""What a state is made of: values, stores, and the operations on them."""
