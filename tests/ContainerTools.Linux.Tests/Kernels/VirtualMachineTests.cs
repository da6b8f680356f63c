using ContainerTools.TestSupport;

namespace ContainerTools.Linux.Tests.Kernels;

public class VirtualMachineTests
{
    [Fact]
    public void ItRunsDebiansOwnKernelWithVersionTwoControllersOnly()
    {
        using var machine = new VirtualMachine(DebianKernel.Get());
        var result = machine.Run("uname -r; cat /sys/fs/cgroup/cgroup.controllers; exit 3");
        Assert.Equal(3, result.ExitCode);
        Assert.StartsWith("6.1.", result.Lines[0], StringComparison.Ordinal);
        Assert.Contains("memory", result.Lines[1], StringComparison.Ordinal);
    }
}
