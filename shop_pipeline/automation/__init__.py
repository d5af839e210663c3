"""When things run: days, jobs, schedule, sensor, and the Dagster instance that they share."""
