"""Where the tasks of a job run. The kernels and jobs know nothing of it."""
