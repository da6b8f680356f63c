namespace ContainerTools.Linux.Tests.Features;

public class KernelFeaturesTests
{
    [Theory]
    [InlineData("6.1.0-23-amd64", 6, 1)]
    [InlineData("6.18.44-fc-v669", 6, 18)]
    [InlineData("5.19-rc1", 5, 19)]
    [InlineData("7", 7, 0)]
    public void Versions_are_read(string release, int major, int minor) => Assert.Equal(new KernelVersion(major, minor), KernelVersion.Parse(release));

    [Fact]
    public void Versions_are_ordered()
    {
        Assert.True(new KernelVersion(6, 1) < new KernelVersion(6, 13));
        Assert.True(new KernelVersion(5, 19) < new KernelVersion(6, 1));
        Assert.True(new KernelVersion(6, 1) >= new KernelVersion(6, 1));
    }

    [Fact]
    public void Features_fit_this_kernel()
    {
        Assert.True(KernelFeatures.Seccomp);
        Assert.Contains("errno", KernelFeatures.SeccompActions);
        Assert.True(KernelFeatures.UserNamespaces);
        Assert.True(KernelFeatures.Overlay);
        Assert.Contains("proc", KernelFeatures.FileSystems);
        Assert.NotEmpty(KernelFeatures.SecurityModules);
        Assert.False(KernelFeatures.CanIdMap("proc"));
        Assert.Equal("proc", KernelFeatures.MountOf("/proc/no/such/place")?.Type);
    }

    [Fact]
    public void Swap_can_be_limited_exactly_where_the_file_is()
    {
        string path = "/containertools-test-" + Guid.NewGuid().ToString("N");
        var group = Linux.Cgroups.Cgroup.Create(path);
        try
        {
            Assert.Equal(KernelFeatures.SwapLimit, group.Directories.Any(directory => File.Exists(directory + "/memory.memsw.limit_in_bytes") || File.Exists(directory + "/memory.swap.max")));
        }
        finally
        {
            Assert.True(group.Remove());
        }
    }

    [Theory]
    [InlineData("CAP_NET_ADMIN", 12)]
    [InlineData("checkpoint_restore", 40)]
    public void Capabilities_have_numbers(string name, int number)
    {
        Assert.True(Capabilities.TryParse(name, out int found));
        Assert.Equal(number, found);
        Assert.Equal(Capabilities.Names[number], Assert.Single(Capabilities.FromMask(1UL << number)));
    }
}
