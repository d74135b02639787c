"""The local loop: observe, ask what is next, perform."""
