using ContainerTools.TestSupport;

namespace ContainerTools.Module.Tests;

[Collection(ModuleCollection.Name)]
public sealed class BuildMountTests(ModuleFixture module) : BuildTest(module)
{
    private const string Script = """
        FROM test/busybox:1 AS tools
        RUN mkdir -p /data/deep && echo tool > /data/tool && echo x > /data/deep/x && chown 7:8 /data/tool && ln -s /data/tool /link && ln -s ../../../../../../etc /data/up
        FROM test/busybox:1
        RUN --mount=from=tools,target=/all --mount=from=tools,source=/data/deep,target=/deep --mount=from=tools,source=/link,target=/file,rw --mount=target=/context --mount=source=src,target=/src,rw \
            { cat /all/data/tool /file /deep/x /context/src/a.txt /src/sub/b.txt; stat -c '%u:%g' /all/data/tool; \
              ls -A /context /context/src /context/logs | tr '\n' ' '; echo; \
              touch /all/x /deep/x /context/x 2>&1 | grep -c Read-only; \
              echo changed > /file; echo more > /src/new; rm /src/a.txt; cat /file; ls /src | tr '\n' ' '; \
              mount | grep -c ' /all .*ro,'; mount | grep ' /src ' | cut -d' ' -f5; } > /seen
        RUN --mount=source=src,target=/src ls /src | tr '\n' ' ' >> /seen; test -e /all || echo gone >> /seen
        CMD ["cat", "/seen"]
        """;

    [Fact]
    public void Files_are_shown_as_they_are_and_what_is_written_is_discarded()
    {
        Shell("chown -R 0:0 .; mkfifo src/fifo; mkdir ignored; echo x > ignored/x; printf 'ignored\\nCmd*\\n**/*.log\\n!logs/keep.log\\n' > .dockerignore");
        string before = Shell("find . | sort; cat src/a.txt");
        Write(Script);
        Build();
        Assert.Equal(
            ["tool", "tool", "x", "hello", "inner", "7:8", "/context: .dockerignore Containerfile logs src  /context/logs: keep.log  /context/src: a.txt link sub ", "3", "changed", "link new sub 1", "overlay", "a.txt link sub gone"],
            Module.Run("Invoke-Container test/built:1").Succeeded().Lines.Select(l => l!.Replace("Containerfile ", "Containerfile ", StringComparison.Ordinal)));
        File.Delete(Context["Containerfile"]);
        Assert.Equal(before, Shell("find . | sort; cat src/a.txt"));
        NothingLeft();
    }

    [Fact]
    public void Files_of_other_owners_are_roots_in_the_command()
    {
        Shell("chown -R 1000:1000 src");
        Write("FROM test/busybox:1\nRUN --mount=source=src,target=/src,rw stat -c %u:%g /src/a.txt > /seen; echo x >> /src/a.txt\nCMD [\"cat\", \"/seen\"]\n");
        Build();
        Assert.Equal(["0:0"], Module.Run("Invoke-Container test/built:1").Succeeded().Lines);
        Assert.Equal("hello", Shell("cat src/a.txt").Trim());
    }

    [Fact]
    public void Links_do_not_lead_out_of_what_is_mounted()
    {
        using var secret = new TemporaryDirectory("ctsecret");
        File.WriteAllText(secret["file"], "host\n");
        Shell($"chown -R 0:0 .; ln -s {secret.Path} out; ln -s {secret["file"]} outfile; ln -s ../../../../../../../..{secret.Path} up");
        foreach (string link in new[] { "out", "outfile", "up", $"../../../../../../..{secret.Path}" })
            Fails($"FROM test/busybox:1\nRUN --mount=source={link},target=/in cat /in /in/file\n", null, "Containerfile:2:1:");
        Write($"FROM test/busybox:1 AS evil\nRUN ln -s / /root-link && ln -s {secret.Path} /abs && ln -s ../../../../../..{secret.Path} /rel\nFROM test/busybox:1\nRUN --mount=from=evil,source=/root-link,target=/in ls /in/bin/busybox > /seen; test ! -e /in{secret.Path}\nCMD [\"cat\", \"/seen\"]\n");
        Build();
        Assert.Equal(["/in/bin/busybox"], Module.Run("Invoke-Container test/built:1").Succeeded().Lines);
        foreach (string link in new[] { "/abs", "/rel" })
            Fails($"FROM test/busybox:1 AS evil\nRUN ln -s {secret.Path} /abs && ln -s ../../../../../..{secret.Path} /rel\nFROM test/busybox:1\nRUN --mount=from=evil,source={link},target=/in cat /in/file\n", null, "Containerfile:4:1:");
    }

    [Fact]
    public void Triggers_of_a_stage_of_the_same_file_and_a_base_without_a_path()
    {
        string layout = BusyboxImage.Write(Context["layout"], "latest", c => c.Remove("Env"));
        Tools.Skopeo("copy", "--quiet", layout, $"docker-archive:{Context["bare.tar"]}:test/bare:1").Succeeded();
        Module.Run("$null = Import-Image $args[0] -Name test/built:bare", Context["bare.tar"]).Succeeded();
        Write("""
            FROM test/built:bare AS base
            ONBUILD RUN echo "at $PATH" > /trigger
            ONBUILD COPY --from=other /from-other /copied
            RUN test ! -e /trigger
            FROM test/busybox:1 AS other
            RUN echo other > /from-other
            FROM base AS child
            RUN cat /trigger /copied > /seen
            FROM child
            CMD ["cat", "/seen"]
            """);
        Build();
        Assert.Equal(["at /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "other"], Module.Run("Invoke-Container test/built:1").Succeeded().Lines);
        Assert.Equal(["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", ""], Module.Run("(Get-Image test/built:1).Config.Config.Env; (Get-Image test/built:1).Config.Config.OnBuild -join ''").Succeeded().Lines);
    }
}
