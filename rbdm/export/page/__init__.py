"""What the HTML pages of rbdm share: the look, the policy against foreign content, the player of the video."""
