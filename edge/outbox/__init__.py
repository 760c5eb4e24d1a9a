"""The durable outbox: what a box has to tell the centre, kept until the centre has it."""
