"""The program of the image `device`: runs models that nobody trusts, and tells what it saw.

    python -m device JOB FACTS

JOB is a JSON file of ours (see `job`); models and pictures lie in the same folder. FACTS is
written once, at the end. Each model is read and run in processes of its own under limits of
their own, so that one that is broken, endless or too large is a fact about it and no more.
"""
