"""What several tests share: clips, builders, servers, a database, a browser."""
