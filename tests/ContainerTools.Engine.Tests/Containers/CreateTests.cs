using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Volumes;
using ContainerTools.Oci;

namespace ContainerTools.Engine.Tests.Containers;

public sealed class CreateTests(ContainerFixture fixture) : IClassFixture<ContainerFixture>
{
    [Fact]
    public async Task MergesTheImagesConfigWithTheOptions()
    {
        var config = new ImageRuntimeConfig
        {
            Entrypoint = ["sh", "-c"],
            Cmd = ["echo image"],
            Env = ["PATH=/bin", "A=1", "B=2"],
            WorkingDir = "/tmp",
            User = "user",
            StopSignal = "SIGQUIT",
            StopTimeout = 3,
            Labels = new Dictionary<string, string> { ["l"] = "image", ["m"] = "image" },
        };
        var container = fixture.Create(new ContainerOptions(), config);
        Assert.Equal(["sh", "-c", "echo image"], container.Command);
        Assert.Equal(("/tmp", "user", "SIGQUIT", TimeSpan.FromSeconds(3)), (container.WorkingDirectory, container.User, container.StopSignal, container.StopTimeout));
        Assert.Equal(("/bin", "1", container.ShortId), (container.Environment["PATH"], container.Environment["A"], container.Environment["HOSTNAME"]));
        Assert.Equal(ContainerState.Created, container.State);
        var changed = fixture.Create(new ContainerOptions
        {
            Command = ["echo mine"],
            Environment = new Dictionary<string, string?> { ["A"] = "b c", ["B"] = null, ["C"] = "" },
            WorkingDirectory = "/",
            User = "0",
            HostName = "web",
            Labels = new Dictionary<string, string> { ["l"] = "mine" },
        }, config);
        Assert.Equal(["sh", "-c", "echo mine"], changed.Command);
        Assert.Equal(("b c", false, "", "web"), (changed.Environment["A"], changed.Environment.ContainsKey("B"), changed.Environment["C"], changed.Environment["HOSTNAME"]));
        Assert.Equal(("mine", "image"), (changed.Labels["l"], changed.Labels["m"]));
        Assert.Equal(["sleep", "1"], fixture.Create(new ContainerOptions { Entrypoint = ["sleep"], Command = ["1"] }, config).Command);
        Assert.Equal(["sleep"], fixture.Create(new ContainerOptions { Entrypoint = ["sleep"] }, config).Command);
        Assert.Equal("b", fixture.Create(new ContainerOptions { Name = "b", Entrypoint = ["sleep"] }, config).Name);
        Assert.Equal(["ls"], fixture.Create(new ContainerOptions { Entrypoint = [""], Command = ["ls"] }, config).Command);
        Assert.Equal("NoCommand", Error(new ContainerOptions(), new ImageRuntimeConfig()));
        foreach (var each in fixture.Manager.List())
            await fixture.RemoveAsync(each);
    }

    [Theory]
    [InlineData("name", "InvalidContainerName")]
    [InlineData("memory", "InvalidMemory")]
    [InlineData("swap", "InvalidMemorySwap")]
    [InlineData("cpus", "InvalidCpus")]
    [InlineData("cpuset", "InvalidCpuSet")]
    [InlineData("pids", "InvalidPidsLimit")]
    [InlineData("network", "NetworkNotFound")]
    [InlineData("directory", "InvalidWorkingDirectory")]
    [InlineData("bind", "BindSourceNotFound")]
    [InlineData("twice", "DuplicateMount")]
    [InlineData("runtime", "RuntimeNotFound")]
    [InlineData("tmpfs", "InvalidTmpFs")]
    [InlineData("host", "InvalidHostEntry")]
    [InlineData("environment", "InvalidEnvironment")]
    [InlineData("capability", "CapabilityUnknown")]
    public void BadOptionsAreClearErrorsAndLeaveNothing(string what, string errorId)
    {
        var options = new ContainerOptions { Command = ["true"], Volumes = [VolumeMount.Parse("left:/left")] };
        switch (what)
        {
            case "name": options.Name = "../x"; break;
            case "memory": options.Memory = 1000; break;
            case "swap": options.MemorySwap = 1 << 30; break;
            case "cpus": options.Cpus = 1000; break;
            case "cpuset": options.CpuSet = "3-1"; break;
            case "pids": options.PidsLimit = -5; break;
            case "network": options.Network = "moon"; break;
            case "directory": options.WorkingDirectory = "tmp"; break;
            case "bind": options.Volumes = [VolumeMount.Parse("/no/such:/x")]; break;
            case "twice": options.Volumes = [VolumeMount.Parse("left:/x"), VolumeMount.Parse("/tmp:/x/")]; break;
            case "runtime": options.Runtime = "no-such-runtime"; break;
            case "tmpfs": options.TmpFs = ["/x:bogus"]; break;
            case "host": options.HostEntries = ["name"]; break;
            case "environment": options.Environment = new Dictionary<string, string?> { ["A=B"] = "" }; break;
            case "capability": options.CapabilityAdd = ["NO_SUCH"]; break;
        }
        int before = fixture.Manager.List().Count;
        Assert.Equal(errorId, Error(options, null));
        Assert.Equal(before, fixture.Manager.List().Count);
        Assert.Empty(fixture.Volumes.Find("left"));
        Assert.DoesNotContain(Directory.EnumerateDirectories(fixture.Paths.Containers), d => !fixture.Manager.List().Any(c => c.Directory == d));
    }

    [Fact]
    public async Task NamesAndIdsAreFoundByPrefixAndWildcard()
    {
        var web = fixture.Create(new ContainerOptions { Name = "web-1", Command = ["true"] });
        // No name is the beginning of an id.
        var db = fixture.Create(new ContainerOptions { Name = "store", Command = ["true"] });
        Assert.Equal("ContainerNameInUse", Error(new ContainerOptions { Name = "store", Command = ["true"] }, null));
        Assert.Equal(web.Id, fixture.Manager.Get("web-1").Id);
        Assert.Equal(web.Id, fixture.Manager.Get(web.ShortId).Id);
        Assert.Equal(["web-1"], fixture.Manager.Find("w?b-*").Select(c => c.Name));
        Assert.Empty(fixture.Manager.Find("nothing*"));
        var error = Assert.Throws<ContainerToolsException>(() => fixture.Manager.Get("wob-1"));
        Assert.Equal("ContainerNotFound", error.ErrorId);
        Assert.Contains("web-1", error.Message, StringComparison.Ordinal);
        db = fixture.Manager.Rename(db, "sql", CancellationToken.None);
        Assert.Equal("sql", fixture.Manager.Get(db.Id).Name);
        Assert.Empty(fixture.Manager.Find("store"));
        Assert.Equal("ContainerNameInUse", Assert.Throws<ContainerToolsException>(() => fixture.Manager.Rename(db, "web-1", CancellationToken.None)).ErrorId);
        await fixture.RemoveAsync(web);
        await fixture.RemoveAsync(db);
    }

    [Fact]
    public async Task IdRangesAreEachTheirOwn()
    {
        var first = fixture.Create("true");
        var second = fixture.Create("true");
        Assert.NotEqual(first.UserNamespace, second.UserNamespace);
        Assert.EndsWith("+65536", first.UserNamespace, StringComparison.Ordinal);
        List<string> warnings = [];
        var host = fixture.Create(new ContainerOptions { Command = ["true"], Network = "host", Warning = warnings.Add });
        Assert.Equal("host", host.UserNamespace);
        Assert.Contains("-Network host", Assert.Single(warnings), StringComparison.Ordinal);
        foreach (var container in new[] { first, second, host })
            await fixture.RemoveAsync(container);
    }

    [Fact]
    public void RangesComeFromTheSubordinateFiles()
    {
        string users = Path.Combine(fixture.Scratch, "subuid"), groups = Path.Combine(fixture.Scratch, "subgid");
        File.WriteAllText(users, "someone:524288:65536\nother:720896:10\n");
        File.WriteAllText(groups, "someone:524288:65536\n");
        var allocator = new IdRangeAllocator(users, groups);
        Assert.Equal(589824u, allocator.Allocate([]).HostStart);
        Assert.Equal(655360u, allocator.Allocate([new IdRange { HostStart = 589824 }]).HostStart);
        Assert.Equal(786432u, allocator.Allocate([new IdRange { HostStart = 589824 }, new IdRange { HostStart = 655360 }]).HostStart);
        File.WriteAllText(users, "containertools:1000000:131072\n");
        File.WriteAllText(groups, "containertools:1000000:131072\n");
        Assert.Equal(1000000u, allocator.Allocate([]).HostStart);
        Assert.Equal(1065536u, allocator.Allocate([new IdRange { HostStart = 1000000 }]).HostStart);
        var error = Assert.Throws<ContainerToolsException>(() => allocator.Allocate([new IdRange { HostStart = 1000000 }, new IdRange { HostStart = 1065536 }]));
        Assert.Equal("NoIdRange", error.ErrorId);
    }

    [Fact]
    public async Task SixteenShellsMakeSixteenContainers()
    {
        var made = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => fixture.Create("true"))));
        Assert.Equal(16, made.Select(c => c.Name).Distinct().Count());
        Assert.Equal(16, made.Select(c => c.UserNamespace).Distinct().Count());
        await Task.WhenAll(made.Select(c => fixture.RemoveAsync(c)));
        Assert.Empty(Directory.EnumerateFileSystemEntries(fixture.Paths.Containers, ".removed-*"));
    }

    /// <summary>While one makes a container, others look for what a killed maker left behind: they must not take it for that.</summary>
    [Fact]
    public async Task NobodyRemovesWhatAnotherShellHasJustMade()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < 60; i++)
            {
                var made = fixture.Create("true");
                Assert.Equal(ContainerState.Created, fixture.Manager.Refresh(made).State);
                await fixture.RemoveAsync(made);
            }
        })));
    }

    private string Error(ContainerOptions options, ImageRuntimeConfig? config) =>
        Assert.Throws<ContainerToolsException>(() => fixture.Create(options, config)).ErrorId;
}
