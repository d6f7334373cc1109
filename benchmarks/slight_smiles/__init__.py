"""What can be done against missed slight smiles: trials, and their table."""
