using System.Management.Automation;
using System.Text.Json.Nodes;
using ContainerTools.TestSupport;

namespace ContainerTools.Module.Tests;

[Collection(ModuleCollection.Name)]
public sealed class BuildCacheSharingTests(ModuleFixture module) : BuildTest(module)
{
    [Fact]
    public void Another_machine_rebuilds_without_executing_and_fetches_only_what_it_needs()
    {
        using var registry = new TestRegistry();
        string tools = registry.Reference("base/tools:1"), slim = BusyboxImage.Push(registry, "base/slim:1"), cache = registry.Reference("team/cache:main");
        Write("FROM test/busybox:1\nRUN head -c 300000 /dev/urandom > /tool\n");
        Build();
        Module.Run("Publish-Image test/built:1 -Destination $args[0]", tools).Succeeded();
        Write($"""
            FROM {tools} AS build
            WORKDIR /work
            COPY src .
            RUN date +%s%N > stamp && head -c 100000 /dev/urandom > big
            FROM {slim}
            COPY --from=build /work/stamp /stamp
            RUN --mount=type=bind,from=build,source=/work,target=/in date +%s%N > /stamp2 && wc -c < /in/big >> /stamp2
            LABEL a=b
            """);
        string first = Build($"-CacheTo type=registry,ref={cache},mode=max");
        var stamps = Module.Run("Invoke-Container test/built:1 -- cat /stamp /stamp2").Succeeded().Lines;

        using (new OtherStore(Module))
        {
            Assert.DoesNotContain("done", Steps($"-CacheFrom {cache}"), StringComparison.Ordinal);
            Assert.Equal(first, Module.Run("(Get-Image test/built:1).Digest.ToString()").Succeeded().Lines[0]);
            Assert.Equal(stamps, Module.Run("Invoke-Container test/built:1 -- cat /stamp /stamp2").Succeeded().Lines);
            // Neither the first stage nor its base were needed: the image and what it stands on is all there is.
            Assert.Equal([slim, "test/built:1"], Module.Run("Get-Image | ForEach-Object ToString").Succeeded().Lines.Order());
            Assert.Equal(3, Directory.GetDirectories(Path.Combine(Environment.GetEnvironmentVariable("CONTAINERTOOLS_ROOT")!, "layers")).Length);

            // What is executed needs what is below, which comes now.
            File.AppendAllText(Context["Containerfile"], "\nRUN test -s /stamp && echo more > /more\n");
            Assert.Equal("FROM executed, RUN done", string.Join(", ", Steps($"-CacheFrom {cache}").Split(", ").Where(s => !s.EndsWith("cached", StringComparison.Ordinal))));
            Shell("echo changed > src/a.txt");
            Assert.Contains("COPY done, RUN done", Steps($"-CacheFrom {cache}"), StringComparison.Ordinal);
            Assert.Contains(tools, Module.Run("Get-Image | ForEach-Object ToString").Succeeded().Lines);
        }
    }

    [Fact]
    public void The_smallest_cache_is_the_images_own_and_an_image_can_hold_it()
    {
        using var registry = new TestRegistry();
        string slim = BusyboxImage.Push(registry, "base/slim:1");
        Write($"""
            FROM {slim} AS tools
            WORKDIR /tools
            RUN date +%s%N > tool
            FROM {slim} AS build
            COPY src /src
            ARG EXTRA=1
            COPY --from=tools /tools /tools
            RUN --mount=type=bind,from=tools,source=/tools,target=/in seq 100000 > /big && cat /in/tool /src/a.txt >> /big && echo $EXTRA >> /big
            FROM {slim}
            COPY --from=build /big /big
            RUN --mount=type=bind,from=build,source=/src,target=/in date +%s%N > /stamp && cat /in/a.txt >> /stamp
            """);
        string cache = registry.Reference("team/cache:min"), image = registry.Reference("team/app:1");
        Build($"-CacheTo {cache}, inline");
        Module.Run("Publish-Image test/built:1 -Destination $args[0]", image).Succeeded();
        var manifest = JsonNode.Parse(Tools.Skopeo("inspect", "--raw", "--tls-verify=false", $"docker://{cache}").Succeeded().Output)!;
        Assert.Equal("application/vnd.containertools.buildcache.v1+json", (string?)manifest["config"]!["mediaType"]);
        Assert.Equal(2, manifest["layers"]!.AsArray().Count);
        const string Unchanged = "FROM executed, COPY cached, RUN cached";

        string[] ids = [.. Module.Run("(Get-Image test/built:1).Id; (Get-Image test/built:1).Layers").Succeeded().Lines.OfType<string>()];
        foreach (string from in new[] { cache, image })
        {
            using var other = new OtherStore(Module);
            // Neither of the first two stages is executed, though none of their results is there.
            Assert.Equal(Unchanged, Steps($"-CacheFrom {from}"));
            Assert.Equal(ids, Module.Run("(Get-Image test/built:1).Id; (Get-Image test/built:1).Layers").Succeeded().Lines);
            Assert.Equal(3, Directory.GetDirectories(Path.Combine(Environment.GetEnvironmentVariable("CONTAINERTOOLS_ROOT")!, "layers")).Length);
            if (from == image)
                continue;

            // What has a part in them is looked at: a command, a file of the context, a variable, through all stages. A time has none.
            Shell("touch src/a.txt");
            Assert.Equal(Unchanged, Steps($"-CacheFrom {from}"));
            Assert.Contains("RUN done", Steps($"-CacheFrom {from} -BuildArgument @{{ EXTRA = '2' }}"), StringComparison.Ordinal);
            string file = File.ReadAllText(Context["Containerfile"]);
            File.WriteAllText(Context["Containerfile"], file.Replace("date +%s%N > tool", "date > tool", StringComparison.Ordinal));
            Assert.Contains("RUN done", Steps($"-CacheFrom {from}"), StringComparison.Ordinal);
            File.WriteAllText(Context["Containerfile"], file);
            Shell("echo other > src/a.txt");
            Assert.Contains("COPY done", Steps($"-CacheFrom {from}"), StringComparison.Ordinal);
            Shell("echo hello > src/a.txt");
            Assert.Equal(Unchanged, Steps($"-CacheFrom {from}"));
        }

        // What the registry has is not sent again.
        int uploads = registry.ReadLog().Split("PUT /v2/team/cache/").Length;
        Build($"-CacheTo {cache}");
        Assert.Equal(uploads, registry.ReadLog().Split("PUT /v2/team/cache/").Length);
    }

    [Fact]
    public void What_is_no_cache_is_a_warning_and_what_cannot_be_written_an_error()
    {
        using var registry = new TestRegistry("user", "hush-hush");
        Write("FROM test/busybox:1\nRUN true\n");
        var warned = Module.Run("Build-Image $args[0] -Tag test/built:1 -CacheFrom $args[1]", Context.Path, registry.Reference("x/cache:1")).Succeeded();
        Assert.Contains("Building without the cache", Assert.Single(warned.Warnings).Message, StringComparison.Ordinal);
        Module.Run("Remove-Image test/built:1").Succeeded();
        Module.Run("Build-Image $args[0] -Tag test/built:1 -CacheTo $args[1]", Context.Path, registry.Reference("x/cache:1")).FailedWith("RegistryAuthenticationFailed", ErrorCategory.AuthenticationError);
        Assert.Empty(Module.Run("Get-Image test/built*").Succeeded().Output);
        Assert.Single(Module.Run("Build-Image $args[0] -Tag test/built:1 -CacheTo \"type=registry,ref=$($args[1]),ignore-error=true\"", Context.Path, registry.Reference("x/cache:1")).Succeeded().Warnings);
        foreach (string wrong in new[] { "type=s3,ref=a", "type=registry", "ref=UPPER", "ref=a,mode=most", "type=inline,mode=max", "ref=a,colour=red" })
            Module.Run("Build-Image $args[0] -CacheTo $args[1]", Context.Path, wrong).FailedWith("CacheLocationInvalid", ErrorCategory.InvalidArgument);

        // With a login it works.
        using var login = new TemporaryDirectory("ctlogin");
        string? before = Environment.GetEnvironmentVariable("DOCKER_CONFIG");
        Environment.SetEnvironmentVariable("DOCKER_CONFIG", login.Path);
        try
        {
            Module.Run("Connect-ImageRegistry $args[0] ([pscredential]::new('user', [Net.NetworkCredential]::new('', 'hush-hush').SecurePassword)) -WarningAction SilentlyContinue", registry.Host).Succeeded();
            Module.Run("Build-Image $args[0] -Tag test/built:1 -CacheTo $args[1]", Context.Path, registry.Reference("x/cache:1")).Succeeded();
            Assert.Empty(Module.Run("Build-Image $args[0] -Tag test/built:1 -CacheFrom $args[1]", Context.Path, registry.Reference("x/cache:1")).Succeeded().Warnings);
        }
        finally
        {
            Environment.SetEnvironmentVariable("DOCKER_CONFIG", before);
        }
    }
}
