"""What operators of a city do: look, check, prepare a cluster."""
