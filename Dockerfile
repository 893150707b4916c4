# The program alone: static, without a shell, as user 65532, on a root that may be read-only. Everything stored is in /data.
# docs/manual.md says how it is run; compose.yaml runs it with PostgreSQL.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=unknown
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -X main.buildVersion=$VERSION" -o /out/headwater ./cmd/headwater \
    && mkdir -p /out/data

# Certificates and time zones are in the program.
FROM scratch
COPY --from=build /out/headwater /headwater
COPY --from=build --chown=65532:65532 /out/data /data
ENV HEADWATER_DATA=/data HEADWATER_LISTEN=0.0.0.0:8080
USER 65532:65532
EXPOSE 8080
VOLUME /data
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s CMD ["/headwater", "healthcheck"]
ENTRYPOINT ["/headwater"]
CMD ["serve"]
