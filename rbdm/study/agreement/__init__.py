"""Agreement of two annotators: coefficients with their intervals, time in seconds, and the disagreements."""
