# docker build -t pinhole . && docker run --network host -v pinhole:/data pinhole
# Cameras of the machine itself: add --device /dev/video0. Without --network host: see docs/deployment.md.

# Not the slim one: the native part needs g++, make, python3 and Node's headers, all of which are here.
FROM node:20-bookworm AS build
WORKDIR /pinhole
COPY . .
RUN npm ci --include=dev --no-audit --no-fund
RUN npm run build
# What runs is what is published: no source, nothing that only builds and tests need.
RUN npm prune --omit=dev --no-audit --no-fund && rm -rf bench docs examples scripts test apps/web apps/*/src packages/*/src

FROM node:20-bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ffmpeg v4l-utils && rm -rf /var/lib/apt/lists/*
COPY --from=build /pinhole /pinhole
# Tokens and recordings live here: a volume, or they go with the container. Cameras belong to the group video.
RUN mkdir /data && chown node:node /data && usermod --append --groups video node
USER node
WORKDIR /data
VOLUME /data
EXPOSE 8080 8189/tcp 8189/udp
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 8080}/health`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/pinhole/apps/server/bin/pinhole.js", "serve", "--data", "/data"]
CMD ["--listen", "0.0.0.0"]
