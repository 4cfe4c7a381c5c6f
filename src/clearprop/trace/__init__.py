"""One step of training as data: named values, the equation of each, and the recorder that computes them."""
