"""From values and a reference to the analyses that the trial file asks for."""
