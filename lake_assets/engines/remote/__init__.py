"""Jobs submitted to AWS Glue, EMR Serverless and EMR on EC2, through one loop.

The row work is the same job as anywhere: `python -m lake_assets.jobs` on the service's Spark. Here
is only the submitting side: `submit` starts a run, follows it, and believes it if it reported.
What the run needs is put into a bucket beforehand, by `lake deploy`.
"""
