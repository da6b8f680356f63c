using ContainerTools.Engine.Store;

namespace ContainerTools.Engine.Tests.Hosting;

public class ContainerHostInfoTests
{
    [Fact]
    public void It_says_what_the_host_is()
    {
        string root = "/var/lib/containertools-not-made/" + Guid.NewGuid().ToString("N");
        ContainerHostInfo host = ContainerHostInfo.Read(new StorePaths(root, root + "-run"), "/nowhere/ctrun");
        Assert.Equal(File.ReadAllText("/proc/sys/kernel/osrelease").Trim(), host.Kernel);
        Assert.Equal(Environment.ProcessorCount, host.Processors);
        Assert.True(host.Memory > 64 << 20);
        Assert.Equal(root, host.StorePath);
        Assert.NotEqual("unknown", host.StoreFileSystem);
        Assert.True(host.StoreFreeSpace > 0);
        Assert.Null(host.RuntimeVersion);
        Assert.Contains(host.Warnings, warning => warning.Contains("/nowhere/ctrun", StringComparison.Ordinal));
        Assert.NotEmpty(host.IdRanges);
        Assert.True(host.IdRanges[0].Containers > 0);
        Assert.Contains("memory", host.CgroupControllers);
        Assert.False(Directory.Exists(root));
    }

    [Fact]
    public void A_runtime_that_does_not_run_is_a_warning_not_an_error()
    {
        string root = Directory.CreateTempSubdirectory("ct-host").FullName;
        try
        {
            Assert.Contains(Read("/bin/false").Warnings, warning => warning.Contains("ended with 1", StringComparison.Ordinal));
            string file = Path.Combine(root, "no-program");
            File.WriteAllText(file, "text");
            Assert.Contains(Read(file).Warnings, warning => warning.Contains("does not run", StringComparison.Ordinal));
            string script = Path.Combine(root, "runs");
            File.WriteAllText(script, "#!/bin/sh\necho ctrun version 9.32\necho spec: 1.2.0\n");
            File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
            Assert.Equal("9.32", Read(script).RuntimeVersion);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }

        ContainerHostInfo Read(string runtime) => ContainerHostInfo.Read(new StorePaths(root, root), runtime);
    }

    [Fact]
    public void A_store_where_layers_cannot_lie_is_told()
    {
        ContainerHostInfo host = ContainerHostInfo.Read(new StorePaths("/proc/1", "/run"), "/bin/true");
        Assert.Equal("proc", host.StoreFileSystem);
        Assert.False(host.IdMappedLayers);
        Assert.Contains(host.Warnings, warning => warning.Contains("proc", StringComparison.Ordinal));
    }
}
