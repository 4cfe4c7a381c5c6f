"""What prepares a call: how it is partitioned, and the plan that owns its memory."""
