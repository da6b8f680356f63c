namespace ContainerTools.Engine.Containers;

/// <summary>What tells this boot from others: proc_sys_kernel(5), random/boot_id.</summary>
internal static class BootId
{
    private static string? s_current;

    public static string Current => s_current ??= File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
}
