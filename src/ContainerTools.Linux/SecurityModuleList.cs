using ContainerTools.Linux.Processes;

namespace ContainerTools.Linux;

/// <summary>Finds the active Linux security modules: from securityfs where it is mounted, else by lsm_list_modules(2), else by their own traces.</summary>
internal static unsafe class SecurityModuleList
{
    private const long LsmListModules = 461;

    // linux/lsm.h, LSM_ID_*, from 100 up.
    private static readonly string[] s_names =
        ["capability", "selinux", "smack", "tomoyo", "apparmor", "yama", "loadpin", "safesetid", "lockdown", "bpf", "landlock", "ima", "evm", "ipe"];

    internal static IReadOnlyList<string> Read()
    {
        if (KernelFeatures.ReadText("/sys/kernel/security/lsm") is { Length: > 0 } list)
            return list.Split(',');
        ulong* ids = stackalloc ulong[64];
        uint size = 64 * sizeof(ulong);
        long count = NativeMethods.Syscall(LsmListModules, (long)ids, (long)&size);
        var names = new List<string>();
        for (int i = 0; i < count; i++)
            names.Add(ids[i] is >= 100 and < 114 ? s_names[ids[i] - 100] : $"lsm-{ids[i]}");
        if (count < 0)
        {
            if (KernelFeatures.ReadText("/sys/module/apparmor/parameters/enabled") == "Y")
                names.Add("apparmor");
            if (File.Exists("/sys/fs/selinux/enforce"))
                names.Add("selinux");
        }
        return names;
    }
}
