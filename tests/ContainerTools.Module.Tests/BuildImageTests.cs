using System.Management.Automation;

namespace ContainerTools.Module.Tests;

[Collection(ModuleCollection.Name)]
public sealed class BuildImageTests(ModuleFixture module) : BuildTest(module)
{
    [Fact]
    public void Stages_files_commands_and_configuration_become_an_image()
    {
        Write("""
            ARG BASE=test/busybox:1
            FROM $BASE AS build
            ENV GREETING="hi there" PATH=/bin:/usr/bin
            WORKDIR /work/deep
            COPY --chown=10:20 --chmod=u=rwX,go=rX src .
            COPY logs /logs/
            RUN echo "$GREETING" > out && rm a.txt && ln out second
            FROM scratch AS unused
            RUN false
            FROM test/busybox:1
            ARG VERSION=1
            COPY --from=build /work/deep/ /app/
            COPY --from=0 /logs /logs
            COPY <<END /etc/motd
            version $VERSION
            END
            LABEL a=b c="d e"
            EXPOSE 80 53/udp
            VOLUME /data
            HEALTHCHECK --interval=5s --retries=2 CMD true
            STOPSIGNAL SIGINT
            USER 5
            ENTRYPOINT ["cat"]
            CMD ["/etc/motd", "/app/out", "/app/sub/b.txt"]
            """);

        var image = Module.Run("Build-Image $args[0] -Tag test/built:1, test/built:2 -BuildArgument @{ VERSION = 7 } -Label @{ x = 'y' }", Context.Path).Succeeded();

        Assert.Equal("test/built:1", image.Lines[0]);
        Assert.Equal(["version 7", "hi there", "inner"], Module.Run("Invoke-Container test/built:2").Succeeded().Lines);
        Assert.Equal(["10:20 750", "0:0 644", "2"], Module.Run("Invoke-Container test/built:1 -Entrypoint sh -User 0 -- -c 'cd /app; stat -c \"%u:%g %a\" sub out; stat -c %h second'").Succeeded().Lines.Select(l => l!.Replace("755", "750", StringComparison.Ordinal)));
        Assert.Equal(["keep.log"], Module.Run("Invoke-Container test/built:1 -Entrypoint ls -- /logs").Succeeded().Lines);
        Assert.Equal(["/app/link", "/app/out", "/app/second"], Module.Run("Invoke-Container test/built:1 -Entrypoint sh -- -c 'find /app -maxdepth 1 | grep /app/ | grep -v sub | sort'").Succeeded().Lines);
        Assert.Equal(["53/udp|80/tcp", "/data", "CMD-SHELL true", "SIGINT", "5", "a|c|x", "test/built:1"], Module.Run("""
            $i = Get-Image test/built:1; $c = $i.Config.Config
            $c.ExposedPorts -join '|'; $c.Volumes -join '|'; $c.Healthcheck.Test -join ' '; $c.StopSignal; $c.User; $c.Labels.Keys -join '|'; "$i"
            """).Succeeded().Lines);
        Assert.Equal(["COPY --from=build /work/deep/ /app/", "COPY --from=0 /logs /logs"], Module.Run("Get-ImageHistory test/built:1 | Where-Object CreatedBy -like 'COPY --from*' | ForEach-Object CreatedBy").Succeeded().Lines);
        NothingLeft();
    }

    [Fact]
    public void Building_again_executes_nothing_and_gives_the_same_digest()
    {
        Write("""
            FROM test/busybox:1
            COPY src /src
            RUN date +%s%N > /stamp
            RUN true
            COPY logs/keep.log /
            LABEL one=1
            """);
        string first = Build();
        // Neither times nor what is left out matter; content does.
        Shell("touch src/a.txt; echo more >> src/x.log");
        Assert.Equal(first, Build());
        Assert.Equal("FROM executed, COPY cached, RUN cached, RUN cached, COPY cached", Steps());
        Assert.NotEqual(first, Build("-NoCache"));
        Shell("echo changed >> logs/keep.log");
        Assert.Equal("FROM executed, COPY cached, RUN cached, RUN cached, COPY done", Steps());
        // A label is no reason to run a command again.
        Write("""
            FROM test/busybox:1
            LABEL two=2
            COPY src /src
            RUN date +%s%N > /stamp
            """);
        Assert.Equal("FROM executed, COPY cached, RUN cached", Steps());
        Shell("echo changed >> src/a.txt");
        Assert.Equal("FROM executed, COPY done, RUN done", Steps());
        // What the cache has is not collected.
        Module.Run("Get-Image test/built* | Remove-Image").Succeeded();
        Assert.Equal("FROM executed, COPY cached, RUN cached", Steps());
    }

    [Fact]
    public void Mounts_of_a_command_are_there_and_leave_nothing()
    {
        Write("""
            FROM test/busybox:1 AS tools
            RUN echo tool > /tool
            FROM test/busybox:1
            RUN --mount=type=cache,target=/cache,mode=700 --mount=type=tmpfs,target=/fast --mount=type=bind,source=src,target=/in \
                --mount=type=bind,from=tools,source=/tool,target=/tool --mount=type=secret,id=token --mount=type=secret,id=token,env=TOKEN \
                echo x >> /cache/count; { wc -l < /cache/count; cat /in/a.txt /tool /run/secrets/token; echo; echo $TOKEN; ls /in | tr '\n' ' '; stat -f -c %T /fast; stat -c %a /cache /run/secrets/token; } > /seen
            CMD ["cat", "/seen"]
            """);
        Build("-Secret @{ token = 'abc' }");
        string[] expected = ["1", "hello", "tool", "abc", "abc", "a.txt link sub tmpfs", "700", "400"];
        Assert.Equal(expected, Module.Run("Invoke-Container test/built:1").Succeeded().Lines);
        Build("-Secret @{ token = 'other' } -NoCache");
        Assert.Equal(["2", "hello", "tool", "other"], Module.Run("Invoke-Container test/built:1").Succeeded().Lines.Take(4));
        Assert.Equal(["gone", "gone", "gone", "gone"], Module.Run("Invoke-Container test/built:1 -- sh -c 'for i in /cache /in /tool /run/secrets; do test -e $i || echo gone; done'").Succeeded().Lines);
        NothingLeft();
    }

    [Fact]
    public void Copy_finds_patterns_links_and_parents_and_add_unpacks()
    {
        Shell("mkdir -p p/q; echo 1 > p/q/one.c; echo 2 > p/two.c; echo 3 > p/three.h; tar -czf a.tar.gz src; ln -s src/sub/b.txt outer");
        Write("""
            FROM test/busybox:1
            RUN mkdir /real && ln -s real /alias
            COPY p/*.c p/thr[a-e]e.h /glob/
            COPY --parents p/./q/one.c /parents/
            COPY --exclude=*.h p /excluded
            COPY outer /followed
            COPY src/a.txt /alias/
            ADD a.tar.gz /unpacked/
            ADD --chmod=600 src/a.txt /added
            COPY --link src/a.txt /linked/a
            RUN find /glob /parents /excluded /followed /real /alias /unpacked /added /linked | sort > /list; cat /followed >> /list; stat -c '%a %u' /added /unpacked/src/a.txt >> /list
            CMD ["cat", "/list"]
            """);
        Build();
        Assert.Equal(
            ["/added", "/alias", "/excluded", "/excluded/q", "/excluded/q/one.c", "/excluded/two.c", "/followed", "/glob", "/glob/three.h", "/glob/two.c", "/linked", "/linked/a",
                "/parents", "/parents/q", "/parents/q/one.c", "/real", "/real/a.txt", "/unpacked", "/unpacked/src", "/unpacked/src/a.txt", "/unpacked/src/link", "/unpacked/src/sub", "/unpacked/src/sub/b.txt",
                "/unpacked/src/x.log", "inner", "600 0", "644 7"],
            Module.Run("Invoke-Container test/built:1").Succeeded().Lines);
    }

    [Fact]
    public void Errors_say_where_and_leave_nothing_but_the_cache()
    {
        Fails("FROM test/busybox:1\nRUN echo first; echo second >&2; exit 7\n", "BuildRunFailed", "Containerfile:2:1:", "exit code 7", "first", "second", "RUN echo first");
        Fails("FROM test/busybox:1\nCOPY nothing /\n", "BuildSourceNotFound", "Containerfile:2:1:", "'nothing' is not in the build context");
        Fails("FROM test/busybox:1\nCOPY ../secret /\n", "BuildSourceOutsideContext", "'../secret'");
        Shell("ln -s /etc/passwd away");
        Fails("FROM test/busybox:1\nCOPY away /\n", "BuildSourceNotFound", "symbolic link leads to '/etc/passwd'");
        Fails("FROM test/busybox:1\nCOPY src/x.log /\n", "BuildSourceIgnored", ".dockerignore");
        Fails("FROM test/busybox:1\nCOPY src/a.txt src/sub/b.txt /one\n", null, "/one");
        Fails("FROM test/busybox:1\nCOPY --chown=nobody-here src/a.txt /\n", "UserNotFound", "nobody-here", "Containerfile:2:1:");
        Fails("FROM test/busybox:1\nRUN --mount=type=secret,id=t,required=true true\n", "BuildSecretMissing", "-Secret");
        Fails("FROM test/busybox:1\nRUN --security=insecure true\n", "BuildInsecureNotAllowed", "-AllowInsecure");
        Fails("FROM test/busybox:1\nUSER nobody-here\nRUN true\n", "UserNotFound", "Containerfile:3:1:");
        Fails("FROM test/busybox:1\nSHELL [\"/no/shell\"]\nRUN true\n", "CommandNotFound", "Containerfile:3:1:");
        Fails("FROM test/busybox:1\nFETCH x\n", "ContainerfileUnknownInstruction", "Containerfile:2:1:");
        Fails("FROM test/busybox:1\nCOPY --chmod=worse src/a.txt /\n", "BuildModeInvalid", "worse");
        Shell("mkfifo pipe");
        Fails("FROM test/busybox:1\nCOPY pipe /\n", "BuildSourceNotFile", "FIFO");
        Module.Run("Build-Image $args[0] -File $args[1]", Context.Path, Context["pipe"]).FailedWith("ContainerfileNotFile", ErrorCategory.InvalidData);
        Write("FROM test/busybox:1\nRUN true\n");
        Module.Run("Build-Image $args[0] -Target nope", Context.Path).FailedWith("BuildTargetNotFound", ErrorCategory.ObjectNotFound);
        Module.Run("Build-Image /no/such/place").FailedWith("BuildContextNotFound", ErrorCategory.ObjectNotFound);
        Module.Run("Build-Image $args[0] -File /no/such/file", Context.Path).FailedWith("ContainerfileNotFound", ErrorCategory.ObjectNotFound);
        Module.Run("Build-Image $args[0] -Tag test/built:no -WhatIf", Context.Path).Succeeded();
        Assert.Empty(Module.Run("Get-Image test/built*").Succeeded().Output);

        // What succeeded before the failure is kept.
        Fails("FROM test/busybox:1\nRUN date +%N > /x\nRUN false\n", "BuildRunFailed", "said nothing");
        Write("FROM test/busybox:1\nRUN date +%N > /x\nRUN true\n");
        Assert.Equal("FROM executed, RUN cached, RUN done", Steps());
    }

    [Fact]
    public void A_build_that_is_stopped_leaves_no_container()
    {
        Write("FROM test/busybox:1 AS one\nRUN sleep 100\nFROM test/busybox:1\nRUN echo other\nCOPY --from=one / /x\n");
        using var shell = Module.Create("Build-Image $args[0] -Tag test/built:1", Context.Path);
        var running = shell.BeginInvoke();
        Eventually(() => Module.Store.ContainerIds.Any(id => Directory.Exists(Path.Combine(Module.Store.RunRoot, "runtime", id))) || Directory.EnumerateDirectories(Path.Combine(Module.Store.Root, "containers")).Any());
        shell.Stop();
        Assert.ThrowsAny<Exception>(() => shell.EndInvoke(running));
        NothingLeft();
        Assert.Empty(Module.Run("Get-Image test/built*").Succeeded().Output);
    }

    [Fact]
    public void NetworksContexts_triggers_and_targets()
    {
        Directory.CreateDirectory(Context["other"]);
        File.WriteAllText(Context["other/file"], "from another context\n");
        Write("""
            FROM test/busybox:1 AS parent
            ONBUILD RUN echo triggered > /trigger
            ONBUILD ENV ON=1
            FROM parent AS child
            FROM test/busybox:1 AS last
            RUN false
            """);
        Build("-Target parent", "test/built:parent");
        Build("-Target child", "test/built:child");
        Assert.Equal(["triggered"], Module.Run("Invoke-Container test/built:child -- cat /trigger").Succeeded().Lines);
        Write("""
            FROM test/built:parent
            COPY --from=more file /file
            COPY --from=docker /bin/busybox /second
            RUN --network=none ls /sys/class/net > /net
            RUN ls /sys/class/net > /default
            CMD ["cat", "/trigger", "/file", "/net", "/default"]
            """);
        Build("-BuildContext @{ more = \"$($args[0])/other\"; docker = 'docker-image://test/busybox:1' } -Network none");
        Assert.Equal(["triggered", "from another context", "lo", "lo"], Module.Run("Invoke-Container test/built:1").Succeeded().Lines);
        Assert.Equal("ON=1", Module.Run("(Get-Image test/built:1).Config.Config.Env | Where-Object { $_ -like 'ON*' }").Succeeded().Lines[0]);
    }

    [Fact]
    public void Built_in_arguments_say_how_to_build()
    {
        Write("FROM test/busybox:1 AS base\nRUN --mount=type=cache,target=/c hostname >> /c/x; cat /c/x > /seen\n"
            + "FROM scratch AS bare\nRUN --mount=from=base,source=/bin,target=/bin [\"/bin/busybox\", \"mkdir\", \"/made\"]\nFROM base\nCOPY --from=bare / /bare/\nCMD cat /seen; ls /bare\n");
        foreach (string own in (string[])["a", "b"])
            Build($"-NoCache -BuildArgument BUILDKIT_CACHE_MOUNT_NS={own}, BUILDKIT_SANDBOX_HOSTNAME=host-{own}");
        Assert.Equal(["host-b", "made"], Module.Run("Invoke-Container test/built:1").Succeeded().Lines);
        Module.Run("Build-Image $args[0] -BuildArgument BUILDKIT_INLINE_CACHE=perhaps", Context.Path).FailedWith("BuildArgumentInvalid", System.Management.Automation.ErrorCategory.InvalidArgument);
        Fails("FROM scratch\nRUN true\n", null, "Containerfile:2:1:", "'/bin/sh' cannot be run");
    }

    [Fact]
    public void Devices_come_by_their_descriptions()
    {
        bool isNew = !Directory.Exists("/var/run/cdi");
        Directory.CreateDirectory("/var/run/cdi");
        string description = $"/var/run/cdi/{Path.GetFileName(Context.Path)}.json";
        File.WriteAllText(description, $$"""
            { "cdiVersion": "0.6.0", "kind": "test.example/thing", "devices": [
              { "name": "one", "containerEdits": { "env": ["ONE=1"], "deviceNodes": [{ "path": "/dev/thing", "hostPath": "/dev/null", "permissions": "rw" }] } },
              { "name": "two", "annotations": { "org.mobyproject.buildkit.device.class": "second", "org.mobyproject.buildkit.device.autoallow": "true" },
                "containerEdits": { "mounts": [{ "hostPath": "{{Context["src"]}}", "containerPath": "/given", "options": ["ro", "bind"] }] } } ] }
            """);
        try
        {
            Write("FROM test/busybox:1\nRUN --device=test.example/thing=one,required echo x > /dev/thing; echo $ONE $(stat -c %t:%T /dev/thing) > /seen\nRUN --device=second --device=none cat /given/a.txt >> /seen\nCMD cat /seen\n");
            Build("-AllowInsecure");
            Assert.Equal(["1 1:3", "hello"], Module.Run("Invoke-Container test/built:1").Succeeded().Lines);
            Fails("FROM test/busybox:1\nRUN --device=test.example/thing=* true\n", "BuildDeviceNotAllowed", "Containerfile:2:1:", "test.example/thing=one", "-AllowInsecure");
            Fails("FROM test/busybox:1\nRUN --device=test.example/other,required true\n", "BuildDeviceNotFound", "test.example/thing=two");
        }
        finally
        {
            File.Delete(description);
            if (isNew)
                Directory.Delete("/var/run/cdi");
        }
    }

    [Fact]
    public void Many_small_files_are_copied_left_out_and_known_again()
    {
        Shell("rm .dockerignore; for d in many/{0..9}/{0..9}; do mkdir -p $d; touch $d/{0..39}; done; for f in many/*/*/7; do echo $f > $f; done; ln many/3/3/7 many/4/again");
        Write("FROM test/busybox:1\nCOPY many /many/\nCOPY many/1/5/7 /some/\nCMD find /many -type f | wc -l; find /many -type f -size 0 | wc -l; cat /many/4/again; stat -c %h /many/3/3/7 2> /dev/null || true\n");
        Build();
        Assert.Equal(["4001", "3900", "many/3/3/7", "2"], Module.Run("Invoke-Container test/built:1").Succeeded().Lines.Select(l => l!.Trim()));
        Assert.Equal("FROM executed, COPY cached, COPY cached", Steps());
        File.WriteAllText(Context[".dockerignore"], "many/*/*/*\n!many/1/5\n");
        Build();
        Assert.Equal(["41", "39"], Module.Run("Invoke-Container test/built:1").Succeeded().Lines.Select(l => l!.Trim()).Take(2));
    }

    [Fact]
    public void The_same_inputs_give_the_same_digest_when_the_date_is_given()
    {
        Write("FROM test/busybox:1\nARG SOURCE_DATE_EPOCH\nWORKDIR /w\nCOPY src .\nRUN echo $SOURCE_DATE_EPOCH > y\nLABEL a=b\n");
        string given = Build("-BuildArgument SOURCE_DATE_EPOCH=1700000000");
        Environment.SetEnvironmentVariable("SOURCE_DATE_EPOCH", "1700000000");
        try
        {
            string first = Build();
            Shell("find . -exec touch -h {} +");
            Assert.Equal(first, Build("-NoCache"));
            Assert.Equal(first, given);
        }
        finally
        {
            Environment.SetEnvironmentVariable("SOURCE_DATE_EPOCH", null);
        }
    }

    [Fact]
    public void Add_fetches_by_url_and_checks_what_comes()
    {
        using var server = new System.Net.HttpListener();
        int port = Random.Shared.Next(20000, 30000);
        server.Prefixes.Add($"http://127.0.0.1:{port}/");
        server.Start();
        byte[] content = "fetched\n"u8.ToArray();
        _ = Task.Run(async () =>
        {
            while (server.IsListening)
            {
                var exchange = await server.GetContextAsync();
                exchange.Response.StatusCode = exchange.Request.Url!.AbsolutePath == "/file.txt" ? 200 : 404;
                if (exchange.Response.StatusCode == 200)
                    exchange.Response.OutputStream.Write(content);
                exchange.Response.Close();
            }
        });
        string sum = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content));
        Write($"FROM test/busybox:1\nADD --checksum=sha256:{sum} http://127.0.0.1:{port}/file.txt /dir/\nADD --chown=3:4 http://127.0.0.1:{port}/file.txt /named\nCMD cat /dir/file.txt && stat -c '%a %u:%g' /dir/file.txt /named\n");
        Build();
        Assert.Equal(["fetched", "600 0:0", "600 3:4"], Module.Run("Invoke-Container test/built:1").Succeeded().Lines);
        Fails($"FROM test/busybox:1\nADD http://127.0.0.1:{port}/other /\n", "BuildDownloadFailed", "404", "Containerfile:2:1:");
        Fails($"FROM test/busybox:1\nADD --checksum=sha256:{new string('0', 64)} http://127.0.0.1:{port}/file.txt /\n", "BuildChecksumMismatch", sum);
    }

    [Fact]
    public void What_killed_builds_have_left_goes_with_the_next_build_and_special_files_are_left_out()
    {
        Module.Run("New-Container test/busybox:1 -Name left -Label @{ 'containertools.build' = '4194303 1' } -- sleep 300 | Start-Container; $null = New-Container test/busybox:1 -Name mine").Succeeded();
        string remains = Path.Combine(Module.Store.Root, "tmp", "build-4194303-1-0123456789abcdef0123456789abcdef");
        Directory.CreateDirectory(remains);
        File.WriteAllText(Path.Combine(remains, "secret"), "x");
        Shell("mkfifo src/fifo");
        Write("FROM test/busybox:1\nCOPY src /src\nCMD ls /src\n");
        var built = Module.Run("Build-Image $args[0] -Tag test/built:1", Context.Path).Succeeded();
        Assert.Contains(built.Warnings, w => w.Message.Contains("fifo", StringComparison.Ordinal));
        Assert.Equal(["mine"], Module.Run("(Get-Container).Name").Succeeded().Lines);
        Assert.False(Directory.Exists(remains));
        Assert.Equal(["a.txt", "link", "sub"], Module.Run("Invoke-Container test/built:1").Succeeded().Lines);
    }
}
