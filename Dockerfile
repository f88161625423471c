# docker build -t auditor . && docker run --rm --network none -v "$PWD:/work" auditor audit app.apk -d declarations/app.yaml
ARG PYTHON=3.13-slim

FROM python:${PYTHON} AS build
# the reader of DEX files is C; without a compiler a slower twin serves
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
COPY . /src
RUN python -m venv /opt/auditor \
    && /opt/auditor/bin/pip install --no-cache-dir --disable-pip-version-check "/src[fast,policy,reports]" \
    && /opt/auditor/bin/auditor --version

FROM python:${PYTHON}
# what PDF reports are laid out with, and Chinese letters for them
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-cjk \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/auditor /opt/auditor
RUN useradd --uid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin auditor \
    && mkdir /work && chown auditor /work
ENV PATH=/opt/auditor/bin:$PATH \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1
USER 10001
WORKDIR /work
ENTRYPOINT ["auditor"]
CMD ["--help"]
