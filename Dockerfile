FROM python:3.11-slim

# PDF needs pango and a Chinese font.
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-cjk \
    && rm -rf /var/lib/apt/lists/*

ENV PYTHONUNBUFFERED=1 MINSHI_VAR=/data
WORKDIR /app
COPY requirements/production.txt requirements/
RUN pip install --no-cache-dir --require-hashes -r requirements/production.txt
COPY . .
RUN useradd --system --uid 10001 --home-dir /data minshi \
    && mkdir -p /data/media /data/roots \
    && MINSHI_ENV=demo python manage.py collectstatic --no-input --verbosity 0 \
    && chown -R minshi /data/media /data/roots
USER minshi
EXPOSE 8000
CMD ["python", "-m", "minshi.servers.keep", "web", "gunicorn", "minshi.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--threads", "8", "--no-control-socket"]
