"""What lies around the weights: configurations, Python, templates, notebooks, requirements."""
