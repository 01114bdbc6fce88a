# The portal's own image: web and helper as they are, the grader with git and a Docker client.
FROM python:3.11-slim-bookworm AS web
WORKDIR /portal
# pg_dump and pg_restore, for manage.py backup and restore
RUN apt-get update && apt-get install --yes --no-install-recommends postgresql-client-15 \
 && rm -rf /var/lib/apt/lists/*
RUN --mount=type=bind,source=requirements.lock,target=/requirements.lock \
    pip install --no-cache-dir --require-hashes --requirement /requirements.lock
COPY manage.py ./
COPY portal portal
COPY lab_specs lab_specs
COPY grader grader
RUN PORTAL_DEMO=1 PORTAL_VAR=/tmp/build python -m compileall -q portal lab_specs grader \
 && useradd --system --uid 10100 portal && install -d -o portal /portal/var
USER portal
CMD ["gunicorn", "portal.wsgi", "--bind", "0.0.0.0:8000", "--workers", "3", "--threads", "8"]

FROM web AS grader
USER root
RUN apt-get update && apt-get install --yes --no-install-recommends git docker.io \
 && rm -rf /var/lib/apt/lists/*
USER portal
