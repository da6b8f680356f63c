using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Tests.Containers;
using ContainerTools.Engine.Volumes;
using ContainerTools.Linux.Files;
using ContainerTools.Oci;
using ContainerTools.TestSupport;

namespace ContainerTools.Engine.Tests.Volumes;

public sealed class VolumeTests(ContainerFixture fixture) : IClassFixture<ContainerFixture>
{
    [Theory]
    [InlineData("auto")]
    [InlineData("host")]
    public async Task AVolumeOutlivesContainersAndKeepsPlainOwners(string userNamespace)
    {
        string name = "data-" + userNamespace;
        var (writer, _) = await fixture.RunAsync(With(userNamespace, ["sh", "-c", "echo kept > /data/f; chown 1000:100 /data/f; chmod 640 /data/f"], VolumeMount.Parse($"{name}:/data")));
        Assert.Equal(0, writer.ExitCode);
        await fixture.RemoveAsync(writer);
        string file = Path.Combine(fixture.Volumes.Get(name).MountPoint, "f");
        Assert.Equal("1000:100 640", Command.Run("stat", "-c", "%u:%g %a", file).Succeeded().Output.Trim());
        var (reader, output) = await fixture.RunAsync(With(userNamespace, ["sh", "-c", "cat /data/f; stat -c %u:%g /data/f; echo x > /data/f && echo written; mount | grep -c /data"], VolumeMount.Parse($"{name}:/data:ro")));
        Assert.Equal(["kept", "1000:100", "1"], output.Where(l => !l.Contains("Read-only", StringComparison.Ordinal)));
        var error = Assert.Throws<ContainerToolsException>(() => fixture.Volumes.Remove(name, force: true));
        Assert.Equal("VolumeInUse", error.ErrorId);
        Assert.Contains(reader.Name, error.Message, StringComparison.Ordinal);
        await fixture.RemoveAsync(reader, volumes: true);
        fixture.Volumes.Remove(name, force: false);
        Assert.Equal("VolumeNotFound", Assert.Throws<ContainerToolsException>(() => fixture.Volumes.Get(name)).ErrorId);
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("host")]
    public async Task ABindReachesTheHostsDirectory(string userNamespace)
    {
        string directory = Directory.CreateDirectory(Path.Combine(fixture.Scratch, "bind-" + userNamespace)).FullName;
        string single = Path.Combine(fixture.Scratch, "single-" + userNamespace);
        File.WriteAllText(single, "one file\n");
        var (container, output) = await fixture.RunAsync(With(userNamespace, ["sh", "-c", "echo from inside > /b/x; cat /one; ls -ln /b/x | tr -s ' ' | cut -d' ' -f3,4; touch /ro/y || echo refused"],
            VolumeMount.Parse($"{directory}:/b"), VolumeMount.Parse($"{single}:/one"), VolumeMount.Parse($"{directory}:/ro:ro")));
        Assert.Contains("one file", output);
        Assert.Contains("0 0", output);
        Assert.Contains("refused", output);
        Assert.Equal("from inside\n", File.ReadAllText(Path.Combine(directory, "x")));
        Assert.Equal("0:0", Command.Run("stat", "-c", "%u:%g", Path.Combine(directory, "x")).Succeeded().Output.Trim());
        await fixture.RemoveAsync(container);
    }

    [Fact]
    public async Task ANewVolumeTakesOverWhatTheImageHas()
    {
        using var own = new ContainerFixture();
        string upper = Directory.CreateDirectory(Path.Combine(own.Scratch, "layer2")).FullName;
        Command.Run("sh", "-c", $"""
            cd {own.Layer} && mkdir -p srv/web/sub && echo one > srv/web/one && echo gone > srv/web/gone && ln srv/web/one srv/web/hard && ln -s one srv/web/soft
            chown -R 1000:100 srv/web && chmod 2750 srv/web && chmod 4755 srv/web/one && mkfifo srv/web/pipe && mknod srv/web/dev c 1 3
            setfattr -n user.note -v hello srv/web/sub 2>/dev/null; touch -d 2001-02-03 srv/web/sub
            ln -s srv/web link
            mkdir -p {upper}/srv/web && cd {upper} && mknod srv/web/gone c 0 0 && echo two > srv/web/two && chown 1000:100 srv/web && chmod 2750 srv/web
            """).Succeeded();
        var image = own.Image(new ImageRuntimeConfig { Cmd = ["true"], Volumes = ["/srv/web/sub"] }, upper);
        var container = own.Manager.Create(new ContainerOptions { Network = "none", Volumes = [VolumeMount.Parse("www:/link"), VolumeMount.Parse("plain:/srv/web:nocopy"), VolumeMount.Parse("none:/nowhere")] }, image, CancellationToken.None);
        string www = own.Volumes.Get("www").MountPoint;
        Assert.Equal(["dev", "hard", "one", "pipe", "soft", "sub", "two"], Directory.EnumerateFileSystemEntries(www).Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal));
        string Stat(string path, string format) => Command.Run("stat", "-c", format, path).Succeeded().Output.Trim();
        Assert.Equal("1000:100 2750", Stat(www, "%u:%g %a"));
        Assert.Equal("1000:100 4755 2", Stat(Path.Combine(www, "one"), "%u:%g %a %h"));
        Assert.Equal(Stat(Path.Combine(www, "one"), "%i"), Stat(Path.Combine(www, "hard"), "%i"));
        Assert.Equal("one", new FileInfo(Path.Combine(www, "soft")).LinkTarget);
        Assert.Equal("character special file 1:3", Stat(Path.Combine(www, "dev"), "%F %t:%T"));
        Assert.StartsWith("2001-02-03", Stat(Path.Combine(www, "sub"), "%y"), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(own.Volumes.Get("plain").MountPoint));
        Assert.Empty(Directory.EnumerateFileSystemEntries(own.Volumes.Get("none").MountPoint));
        var anonymous = Assert.Single(container.Mounts, m => m.Anonymous);
        Assert.Equal("/srv/web/sub", anonymous.Destination);

        // What is in the volume later is the volume's: nothing is copied again.
        File.Delete(Path.Combine(www, "two"));
        var second = own.Manager.Create(new ContainerOptions { Network = "none", Volumes = [VolumeMount.Parse("www:/srv/web")] }, image, CancellationToken.None);
        Assert.False(File.Exists(Path.Combine(www, "two")));
        await own.RemoveAsync(second);
        await own.RemoveAsync(container, volumes: true);
        Assert.Empty(own.Volumes.Find(anonymous.Name!));
        Assert.Equal(["none", "plain", "www"], own.Volumes.List().Where(v => !v.Anonymous).Select(v => v.Name));
        // An empty volume that nobody has takes over as a new one does.
        own.Volumes.Create("empty");
        _ = own.Manager.Create(new ContainerOptions { Network = "none", Volumes = [VolumeMount.Parse("empty:/srv/web")] }, image, CancellationToken.None);
        Assert.True(File.Exists(Path.Combine(own.Volumes.Get("empty").MountPoint, "two")));
        Assert.Equal("1000:100 2750", Stat(own.Volumes.Get("empty").MountPoint, "%u:%g %a"));
    }

    [Fact]
    public async Task ATmpFsIsInMemoryAndItsOptionsHold()
    {
        var (container, output) = await fixture.RunAsync(new ContainerOptions { Command = ["sh", "-c", "grep ' /scratch ' /proc/mounts; stat -c %a /scratch"], TmpFs = ["/scratch:size=1m,mode=750"] });
        Assert.Contains("tmpfs", output[0], StringComparison.Ordinal);
        Assert.Contains("size=1024k", output[0], StringComparison.Ordinal);
        Assert.Equal("750", output[1]);
        await fixture.RemoveAsync(container);
    }

    [Fact]
    public void VolumesAreMadeFoundAndRefused()
    {
        var volume = fixture.Volumes.Create("v1", new Dictionary<string, string> { ["a"] = "b" });
        Assert.Equal(("v1", "b", false), (volume.Name, fixture.Volumes.Get("v1").Labels["a"], volume.Anonymous));
        Assert.True(Directory.Exists(volume.MountPoint));
        Assert.Equal("VolumeExists", Assert.Throws<ContainerToolsException>(() => fixture.Volumes.Create("v1")).ErrorId);
        Assert.Equal("InvalidVolumeName", Assert.Throws<ContainerToolsException>(() => fixture.Volumes.Create("../v")).ErrorId);
        Assert.Single(fixture.Volumes.Find("v?"));
        Assert.Empty(fixture.Volumes.Find("w*"));
        string lockFile = Path.Combine(fixture.Paths.Locks, "volume-v1.lock");
        Assert.True(File.Exists(lockFile));
        fixture.Volumes.Remove("v1", force: false);
        Assert.False(File.Exists(lockFile));
        fixture.Volumes.Remove("v1", force: true);
        Assert.Equal("VolumeNotFound", Assert.Throws<ContainerToolsException>(() => fixture.Volumes.Remove("v1", force: false)).ErrorId);
    }

    [Fact]
    public void WhatAKilledCommandLeftIsRemovedAndWhatMayBeAtWorkIsNot()
    {
        string volumes = Path.GetDirectoryName(Path.GetDirectoryName(fixture.Volumes.Create("v2").MountPoint))!;
        string atWork = Path.Combine(volumes, ".new-" + new string('a', 64)), left = Path.Combine(volumes, ".new-" + new string('b', 64));
        foreach (string directory in new[] { Path.Combine(volumes, ".new-named"), Path.Combine(volumes, ".removed-v2"), atWork, left })
            Directory.CreateDirectory(Path.Combine(directory, "_data"));
        using (var held = FileCalls.Open(atWork, OpenFlags.ReadOnly | OpenFlags.Directory))
        {
            Assert.True(AdvisoryLock.TryAcquire(held, exclusive: true));
            fixture.Volumes.RemoveInterrupted(_ => true);
        }
        Assert.Equal([atWork], Directory.EnumerateDirectories(volumes, ".*"));
        // A program that another test starts has the lock too until it executes.
        Assert.True(SpinWait.SpinUntil(() =>
        {
            fixture.Volumes.RemoveInterrupted(_ => true);
            return !Directory.EnumerateDirectories(volumes, ".*").Any();
        }, TimeSpan.FromSeconds(5)));
        fixture.Volumes.Remove("v2", force: false);
    }

    [Fact]
    public async Task OneVolumeIsMadeAndRemovedByManyWhoWaitForOneAnother()
    {
        int made = 0, removed = 0;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < 50; i++)
            {
                try
                {
                    fixture.Volumes.Create("contended");
                    Interlocked.Increment(ref made);
                    fixture.Volumes.Remove("contended", force: false);
                    Interlocked.Increment(ref removed);
                }
                catch (ContainerToolsException e) when (e.ErrorId is "VolumeExists" or "VolumeNotFound")
                {
                }
            }
        })));
        fixture.Volumes.Remove("contended", force: true);
        Assert.Equal(made, removed);
        Assert.False(File.Exists(Path.Combine(fixture.Paths.Locks, "volume-contended.lock")));
    }

    private static ContainerOptions With(string userNamespace, string[] command, params VolumeMount[] volumes) =>
        new() { Command = command, Volumes = volumes, UserNamespace = userNamespace };
}
