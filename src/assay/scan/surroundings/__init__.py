"""What rules about the files around the weights share: judging names in configurations, package indexes, secrets."""
