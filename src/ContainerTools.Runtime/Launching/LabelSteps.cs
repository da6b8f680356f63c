using System.Text;
using ContainerTools.Engine;
using ContainerTools.Linux;
using ContainerTools.Linux.Processes;
using ContainerTools.Oci.Runtime;

namespace ContainerTools.Runtime.Launching;

/// <summary>
/// The steps that let the command run under an AppArmor profile or an SELinux label: written to the process's own file under /proc, which takes effect
/// with the execution (apparmor(7), selinux(8)). The file is found in the host's /proc, since the container's may be anything.
/// </summary>
internal sealed class LabelSteps
{
    private readonly string _path;
    private readonly string _content;
    private readonly string _label;

    private LabelSteps(string path, string content, string label) => (_path, _content, _label) = (path, content, label);

    /// <summary>The document's, or null where it has none.</summary>
    /// <exception cref="ContainerToolsException">SecurityModuleMissing: the kernel does not run the module that it is for, so that it would protect nothing.</exception>
    public static LabelSteps? For(ProcessSpec process)
    {
        var (apparmor, selinux) = (process.ApparmorProfile is { Length: > 0 }, process.SelinuxLabel is { Length: > 0 });
        if (apparmor && selinux)
            throw NamespacePlan.Invalid("it has both an AppArmor profile and an SELinux label");
        if (apparmor)
        {
            Require("apparmor", $"AppArmor profile '{process.ApparmorProfile}'");
            return new LabelSteps(File.Exists("/proc/self/attr/apparmor/exec") ? "self/attr/apparmor/exec" : "self/attr/exec", "exec " + process.ApparmorProfile, process.ApparmorProfile!);
        }
        if (!selinux)
            return null;
        Require("selinux", $"SELinux label '{process.SelinuxLabel}'");
        return new LabelSteps("self/attr/exec", process.SelinuxLabel!, process.SelinuxLabel!);
    }

    /// <summary>Adds opening the file.</summary>
    /// <param name="table">The table.</param>
    /// <param name="layout">The descriptors.</param>
    /// <param name="proc">The host's /proc in the process.</param>
    public void AddOpening(CallTable table, DescriptorLayout layout, int proc)
    {
        const int WriteOnly = 1, CloseOnExec = 0x80000;
        var file = table.Add("open", "/proc/" + _path, SystemCalls.Openat, proc, table.Text(_path), WriteOnly | CloseOnExec, 0);
        table.Add("dup3", "/proc/" + _path, SystemCalls.Dup3, file, layout.Label, CloseOnExec);
    }

    /// <summary>Adds writing it.</summary>
    public void AddWriting(CallTable table, int descriptor)
    {
        var bytes = Encoding.UTF8.GetBytes(_content);
        table.Add("write", "/proc/" + _path, SystemCalls.Write, descriptor, table.Bytes(bytes), bytes.Length).OnError(errno => new ContainerToolsException("SecurityLabelFailed",
            ErrorKind.InvalidArgument, $"The command cannot run under '{_label}': {(errno == Errno.ENOENT ? "no such profile is loaded" : LinuxException.Describe(errno))}.", _label));
    }

    private static void Require(string module, string what)
    {
        if (!KernelFeatures.SecurityModules.Contains(module))
        {
            throw new ContainerToolsException("SecurityModuleMissing", ErrorKind.NotSupported,
                $"The container asks for the {what}, but the kernel does not run this security module: it would not be confined. Take it out of config.json, or boot with it.");
        }
    }
}
