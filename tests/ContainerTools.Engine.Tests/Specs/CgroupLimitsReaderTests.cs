using ContainerTools.Engine.Specs;
using ContainerTools.Linux.Cgroups;
using ContainerTools.Oci.Runtime;

namespace ContainerTools.Engine.Tests.Specs;

public class CgroupLimitsReaderTests
{
    [Fact]
    public void Refusing_everything_leaves_the_usual_devices()
    {
        CgroupLimits limits = CgroupLimitsReader.Read(new LinuxResources
        {
            Devices = [new() { Allow = true, Type = "b", Major = 8, Minor = 0, Access = "r" }, new() { Allow = false }, new() { Allow = true, Type = "c", Major = 10, Minor = 229, Access = "rw" }],
        });
        Assert.Equal(new CgroupDeviceRule(false, 'a', -1, -1, "rwm"), limits.Devices[0]);
        Assert.Equal(new CgroupDeviceRule(true, 'c', 10, 229, "rw"), limits.Devices[1]);
        Assert.Contains(new CgroupDeviceRule(true, 'c', 1, 3, "rwm"), limits.Devices);
        Assert.DoesNotContain(limits.Devices, rule => rule.Major == 8);
    }

    [Fact]
    public void Allowing_everything_adds_nothing() =>
        Assert.Equal([new CgroupDeviceRule(true, 'a', -1, -1, "rwm")], CgroupLimitsReader.Read(new LinuxResources { Devices = [new() { Allow = true }] }).Devices);

    [Fact]
    public void What_only_one_version_has_is_read_too()
    {
        CgroupLimits limits = CgroupLimitsReader.Read(new LinuxResources
        {
            Memory = new() { Kernel = 5, KernelTcp = 6 },
            Network = new() { ClassID = 7, Priorities = [new() { Name = "eth0", Priority = 8 }] },
            Rdma = new() { ["mlx5_1"] = new() { HcaHandles = 3, HcaObjects = 10 }, ["mlx4_0"] = new() { HcaObjects = 4 } },
            BlockIO = new() { LeafWeight = 20, WeightDevice = [new() { Major = 8, Minor = 16, Weight = 30 }, new() { Major = 8, Minor = 32, LeafWeight = 40 }] },
        });
        Assert.Equal((5, 6, 7u), (limits.KernelMemory, limits.KernelTcpMemory, limits.NetworkClass));
        Assert.Equal([KeyValuePair.Create("eth0", 8u)], limits.NetworkPriorities);
        Assert.Equal(["mlx5_1 hca_handle=3 hca_object=10", "mlx4_0 hca_object=4"], limits.Rdma.Select(item => $"{item.Key} {item.Value}"));
        Assert.Equal((ushort)20, limits.BlockLeafWeight);
        Assert.Equal([KeyValuePair.Create("8:16", (ushort)30)], limits.BlockWeights);
        Assert.Equal([KeyValuePair.Create("8:32", (ushort)40)], limits.BlockLeafWeights);
    }

    [Fact]
    public void Nothing_asked_for_sets_nothing()
    {
        Assert.Equivalent(new CgroupLimits(), CgroupLimitsReader.Read(null));
        Assert.Empty(CgroupLimitsReader.Read(new LinuxResources { Devices = [new() { Allow = false }] }, withDevices: false).Devices);
    }

    [Theory]
    [InlineData("x", "rwm")]
    [InlineData("c", "rx")]
    public void Wrong_device_rules_are_refused(string type, string access)
    {
        var error = Assert.Throws<ContainerToolsException>(() => CgroupLimitsReader.Read(new LinuxResources { Devices = [new() { Type = type, Access = access }] }));
        Assert.Equal("ResourcesInvalid", error.ErrorId);
    }
}
