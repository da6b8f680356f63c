using ContainerTools.Core.Build.Language;
using static ContainerTools.Core.Tests.Build.Language.Documents;

namespace ContainerTools.Core.Tests.Build.Language;

/// <summary>Whole files in the styles that people write.</summary>
public class RealDocumentTests
{
    internal const string Go = """
        # syntax=docker/dockerfile:1

        ARG GO_VERSION=1.22
        ARG BASE=debian:bookworm-slim

        FROM --platform=$BUILDPLATFORM golang:${GO_VERSION} AS build
        WORKDIR /src
        COPY go.mod go.sum ./
        RUN --mount=type=cache,target=/go/pkg/mod/ \
            go mod download -x
        ARG TARGETOS TARGETARCH
        ARG LDFLAGS="-s -w"
        RUN --mount=type=cache,target=/go/pkg/mod/ \
            --mount=type=cache,target=/root/.cache/go-build,id=go-$TARGETARCH \
            --mount=type=bind,target=. \
            CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -ldflags="$LDFLAGS" -o /bin/server ./cmd/server

        FROM build AS test
        RUN --mount=type=bind,target=. go test ./...

        FROM ${BASE} AS final
        RUN --mount=type=cache,target=/var/cache/apt,sharing=locked <<EOT
            set -eu
            apt-get update
            apt-get install -y --no-install-recommends ca-certificates
            rm -rf /var/lib/apt/lists/*
        EOT
        COPY --from=build --chmod=0755 /bin/server /bin/
        COPY --from=test /src/README* /doc/
        USER 65534:65534
        EXPOSE 8080
        HEALTHCHECK --interval=30s CMD ["/bin/server", "-check"]
        ENTRYPOINT ["/bin/server"]
        """;

    internal const string Node = """
        FROM node:20-bookworm AS deps
        WORKDIR /app
        ENV NODE_ENV=production \
            PATH=/app/node_modules/.bin:$PATH
        COPY package*.json ./
        # lock file first, so that the layer is kept
        RUN npm ci --omit=dev \
            # what the cache holds is not needed
         && npm cache clean --force
        FROM deps
        COPY --chown=node:node . .
        USER node
        ENV GREETING "hello  world"
        VOLUME ["/app/data"]
        CMD npm start -- --port ${PORT:-3000}
        """;

    internal const string Python = """
        # escape=\
        # check=skip=SecretsUsedInArgOrEnv
        from python:3.12-slim
        label org.opencontainers.image.title="app \"quoted\"" \
              org.opencontainers.image.version='1.0'
        arg PIP_TOKEN
        shell ["/bin/bash", "-euo", "pipefail", "-c"]
        run --mount=type=secret,id=pip,env=PIP_INDEX_URL --network=none pip install -r <(echo flask)
        copy <<entrypoint.sh <<-"settings.ini" /etc/app/
        #!/bin/sh
        exec "\$@" --home=${HOME:-/root}
        entrypoint.sh
        	[app]
        	path = $HOME
        	settings.ini
        onbuild copy . /app
        stopsignal SIGINT
        cmd python -m app
        """;

    [Fact]
    public void GoService()
    {
        var file = Parse(Go);
        Assert.Empty(file.Warnings);
        Assert.Equal(["build", "test", "final"], file.Stages.Select(s => s.Name));
        var build = new BuildScope(file, new BuildScopeOptions { BuildArguments = new Dictionary<string, string> { ["GO_VERSION"] = "1.23", ["TARGETARCH"] = "arm" } });
        Assert.Equal("golang:1.23", build.ExpandFrom(file.Stages[0]).BaseName);
        Assert.Equal("debian:bookworm-slim", build.ExpandFrom(file.Stages[2]).BaseName);
        var scope = build.Enter(file.Stages[0], [KeyValuePair.Create("PATH", "/go/bin")]);
        var body = file.Stages[0].Instructions.Select(scope.Apply).ToList();
        var run = (RunInstruction)body[^1];
        Assert.Equal(["/go/pkg/mod/", "/root/.cache/go-build", "."], run.Mounts.Select(m => m.Target));
        Assert.Equal("go-arm", run.Mounts[1].Id);
        Assert.StartsWith("CGO_ENABLED=0 GOOS=$TARGETOS", run.Command.Arguments[0], StringComparison.Ordinal);
        Assert.Equal([("TARGETOS", "linux"), ("TARGETARCH", "arm"), ("LDFLAGS", "-s -w"), ("PATH", "/go/bin")], scope.RunEnvironment.Select(e => (e.Key, e.Value)));
        Assert.Empty(scope.Warnings);
        Assert.Same(file.Stages[0], file.FindStage(file.Stages[1].BaseName, 1, false));
        Assert.Contains("ca-certificates", ((RunInstruction)file.Stages[2].Instructions[0]).Command.Arguments[0], StringComparison.Ordinal);
        Assert.Equal("RUN --mount=type=cache,target=/var/cache/apt,sharing=locked <<EOT", file.Stages[2].Instructions[0].Summary);
        Assert.Equal(29, file.Stages[2].Instructions[2].Range.StartLine);
    }

    [Fact]
    public void NodeService()
    {
        var file = Parse(Node);
        Assert.Equal(["LegacyKeyValueFormat:13", "JSONArgsRecommended:15"], Documents.Rules(Node));
        var build = new BuildScope(file, new());
        var deps = build.Enter(file.Stages[0], [KeyValuePair.Create("PATH", "/bin")]);
        foreach (var instruction in file.Stages[0].Instructions)
            deps.Apply(instruction);
        var final = build.Enter(file.Stages[1], deps);
        foreach (var instruction in file.Stages[1].Instructions)
            final.Apply(instruction);
        Assert.Equal([("PATH", "/app/node_modules/.bin:/bin"), ("NODE_ENV", "production"), ("GREETING", "hello  world")], final.Environment.Select(e => (e.Key, e.Value)));
        Assert.Equal("npm ci --omit=dev  && npm cache clean --force", ((RunInstruction)file.Stages[0].Instructions[3]).Command.Arguments[0]);
        Assert.Equal("npm start -- --port ${PORT:-3000}", ((CmdInstruction)file.Stages[1].Instructions[^1]).Command.Arguments[0]);
    }

    [Fact]
    public void PythonServiceInLowerCase()
    {
        var file = Parse(Python);
        Assert.Empty(file.Warnings);
        var scope = Scope(file);
        var body = file.Stages[0].Instructions.Select(scope.Apply).ToList();
        Assert.Equal(["app \"quoted\"", "1.0"], ((LabelInstruction)body[0]).Labels.Select(l => l.Value));
        var run = (RunInstruction)body[3];
        Assert.Equal(("PIP_INDEX_URL", RunNetwork.None), (run.Mounts[0].EnvironmentVariable, run.Network));
        var copy = (CopyInstruction)body[4];
        Assert.Equal(["#!/bin/sh\nexec \"$@\" --home=/root\n", "[app]\npath = $HOME\n"], copy.Heredocs.Select(h => h.Content));
        Assert.Equal("copy . /app", ((OnBuildInstruction)body[5]).Trigger);
        Assert.Equal("run", run.Keyword);
    }

    [Fact]
    public void DamagedFilesGetAnErrorOrAreRead()
    {
        var random = new Random(5);
        const string inserted = "\\\n\"'$<{}#[],=:-% \t\r\0é`!*?/0aR";
        foreach (string document in new[] { Go, Node, Python })
        {
            for (int i = 0; i < 700; i++)
            {
                var text = new System.Text.StringBuilder(document);
                for (int edits = random.Next(1, 6); edits > 0; edits--)
                {
                    int at = random.Next(text.Length);
                    if (random.Next(2) == 0)
                        text.Remove(at, Math.Min(random.Next(1, 12), text.Length - at));
                    else
                        text.Insert(at, inserted[random.Next(inserted.Length)]);
                }

                Read(text.ToString());
            }
        }
    }

    // Anything but a ContainerfileException, and a place outside the file, fails the test.
    private static void Read(string text)
    {
        try
        {
            var file = Parse(text);
            var build = new BuildScope(file, new());
            foreach (var stage in file.Stages)
            {
                Assert.All(stage.Instructions, i => Assert.InRange(i.Range.EndLine, i.Range.StartLine, file.Lines.Count));
                build.ExpandFrom(stage);
                var scope = build.Enter(stage, []);
                foreach (var instruction in stage.Instructions)
                    scope.Apply(instruction);
            }
        }
        catch (ContainerfileException e)
        {
            Assert.InRange(e.Line, 1, text.Split('\n').Length);
            Assert.InRange(e.Column, 1, 1 + text.Split('\n')[e.Line - 1].Length);
        }
    }
}
