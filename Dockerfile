# The dashboard in a container:
#   docker build -t xo-dash .
#   docker run -d --name xo-dash -p 8080:8080 -v xo-dash:/data xo-dash
# It answers https with a certificate of its own; behind a proxy that has one, add -e XO_DASH_TLS=off.

FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/xo-dash
WORKDIR /src
COPY requirements.lock ./
COPY pyproject.toml README.md LICENSE ./
COPY packaging packaging
COPY xo_dash xo_dash
COPY pages pages
COPY components components
COPY data data
RUN /opt/xo-dash/bin/pip install --constraint requirements.lock . \
 && /opt/xo-dash/bin/pip uninstall --yes pip

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /data --no-create-home xo-dash \
 && install -d -m 0700 -o xo-dash -g xo-dash /data
COPY --from=build /opt/xo-dash /opt/xo-dash
ENV PATH=/opt/xo-dash/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    XO_DASH_DATA_DIR=/data \
    XO_DASH_HOST=0.0.0.0 \
    XO_DASH_PORT=8080
USER xo-dash
WORKDIR /data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s CMD ["python", "-I", "-c", "\
import os, ssl, urllib.request\n\
scheme = 'http' if os.environ.get('XO_DASH_TLS') == 'off' else 'https'\n\
url = f'{scheme}://127.0.0.1:{os.environ[\"XO_DASH_PORT\"]}/healthz'\n\
urllib.request.urlopen(url, timeout=4, context=ssl._create_unverified_context())"]
ENTRYPOINT ["xo-dash"]
CMD ["serve"]
