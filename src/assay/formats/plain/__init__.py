"""What is no model and runs nothing: pictures, sound, fonts, plain text; recognised, so that nothing is skipped."""
