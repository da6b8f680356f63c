using ContainerTools.TestSupport;

namespace ContainerTools.Core.Tests.Fixtures;

/// <summary>The fixtures that everything else leans on do what they say.</summary>
public sealed class FixtureTests
{
    [Fact]
    public void RegistryServesWhatWasPushedAndEndsWithItsObject()
    {
        int port;
        using (var registry = new TestRegistry())
        {
            port = registry.Port;
            var name = BusyboxImage.Push(registry, "a/busybox:1");
            var inspected = Tools.Skopeo("inspect", "--tls-verify=false", $"docker://{name}").Succeeded();
            Assert.Contains("\"Layers\"", inspected.Output, StringComparison.Ordinal);
        }
        using var client = new System.Net.Sockets.TcpClient();
        Assert.ThrowsAny<System.Net.Sockets.SocketException>(() => client.Connect("127.0.0.1", port));
    }

    [Fact]
    public async Task RegistryAsksForAPasswordWhenTold()
    {
        using var registry = new TestRegistry("someone", "secret");
        using var client = new HttpClient();
        using var response = await client.GetAsync(new Uri(registry.Uri, "v2/"));
        Assert.Equal(System.Net.HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Fact]
    public void FeatureImageUnpacksWithUmociAsItsCommentSays()
    {
        using var directory = new TemporaryDirectory();
        FeatureImage.Write(directory["layout"]);
        Tools.Umoci("unpack", "--image", $"{directory["layout"]}:features", directory["bundle"]).Succeeded();
        var root = directory["bundle/rootfs"];
        Assert.False(File.Exists(Path.Combine(root, "gone/file")));
        Assert.False(Directory.Exists(Path.Combine(root, "gone")));
        Assert.Equal(["new"], Directory.EnumerateFileSystemEntries(Path.Combine(root, "opaque")).Select(Path.GetFileName));
        Assert.Equal("now-a-file\n", File.ReadAllText(Path.Combine(root, "replaced")));
        Assert.Equal(["file2"], Directory.EnumerateFileSystemEntries(Path.Combine(root, "back")).Select(Path.GetFileName));
        var stat = Command.Run("stat", "-c", "%a %u %g %h %F", Path.Combine(root, "files/owned"), Path.Combine(root, "files/hard-a"), Path.Combine(root, "files/null"),
            Path.Combine(root, "files/setuid")).Succeeded();
        Assert.Equal(["640 1000 2000 2 regular file", "644 0 0 2 regular file", "666 0 0 1 character special file", "4755 0 0 1 regular file"], stat.Lines);
        Assert.Contains("cap_net_raw", Command.Run("getcap", Path.Combine(root, "files/capable")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void ADebianImageIsThere()
    {
        using var registry = new TestRegistry();
        var name = DebianImages.Push(registry);
        Assert.Contains("\"amd64\"", Tools.Skopeo("inspect", "--tls-verify=false", $"docker://{name}").Succeeded().Output.Replace(
            LayoutBuilder.CurrentArchitecture, "amd64", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void ADisposedStoreLeavesNoProcessMountOrDirectory()
    {
        var store = new TemporaryStore();
        Directory.CreateDirectory(store.Root);
        var mounted = Path.Combine(store.Scratch, "mounted");
        Directory.CreateDirectory(mounted);
        Command.Run("mount", "-t", "tmpfs", "tests", mounted).Succeeded();
        using var holder = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("sh", ["-c", $"exec 5>{store.Root}/held; sleep 100 & wait"]))!;
        Assert.True(SpinWait.SpinUntil(() => store.Leftovers().Count >= 2, 5000));
        store.Dispose();
        Assert.Empty(store.Leftovers());
        Assert.False(Directory.Exists(store.Root));
        Assert.True(holder.WaitForExit(5000));
    }
}
