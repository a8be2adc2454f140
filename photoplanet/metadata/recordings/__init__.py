"""What devices and services recorded of where somebody was, by format: read with suspicion, and as far as it goes."""
