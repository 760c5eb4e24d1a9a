"""The way to the centre: enrolment, uploads, submissions, status, camera settings."""
