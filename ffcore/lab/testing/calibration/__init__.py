"""Whether checks alarm as rarely, and see as much, as they state; ``python -m`` this package prints the rates."""
