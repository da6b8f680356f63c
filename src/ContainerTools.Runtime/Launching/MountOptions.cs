using ContainerTools.Linux.Mounts;
using ContainerTools.Oci.Runtime;

namespace ContainerTools.Runtime.Launching;

/// <summary>A mount's options, sorted by what the kernel does with them (runtime-spec config.md, "Linux mount options"; mount(8)).</summary>
internal sealed class MountOptions
{
    private const MountAttributes RelativeAccessTime = MountAttributes.None;

    public MountAttributes Set { get; private set; }

    public MountAttributes Clear { get; private set; }

    public MountAttributes RecursiveSet { get; private set; }

    public MountAttributes RecursiveClear { get; private set; }

    /// <summary>What is bound is a directory or file of the host.</summary>
    public bool IsBind { get; private set; }

    /// <summary>With what is mounted below it.</summary>
    public bool IsRecursive { get; private set; }

    /// <summary>Ids are mapped: the mount's own maps, or the container's.</summary>
    public bool IsIdMapped { get; private set; }

    public MountPropagation Propagation { get; private set; }

    public bool PropagationRecursive { get; private set; }

    /// <summary>What the file system itself is told; a flag has no value.</summary>
    public List<(string Key, string? Value)> Data { get; } = [];

    public static MountOptions Read(MountSpec mount)
    {
        var options = new MountOptions { IsBind = mount.Type == "bind", IsIdMapped = mount.UidMappings is { Count: > 0 } };
        foreach (var option in mount.Options ?? [])
            options.Read(option);
        return options;
    }

    private void Read(string option)
    {
        if (ReadAttribute(option, out var set, out var clear))
        {
            Set = Set & ~clear | set;
            Clear = Clear & ~set | clear;
            return;
        }
        if (option.Length > 1 && option[0] == 'r' && ReadAttribute(option[1..], out set, out clear))
        {
            RecursiveSet = RecursiveSet & ~clear | set;
            RecursiveClear = RecursiveClear & ~set | clear;
            return;
        }
        switch (option)
        {
            case "defaults" or "remount" or "":
                break;
            case "bind":
                IsBind = true;
                break;
            case "rbind":
                IsBind = IsRecursive = true;
                break;
            case "idmap" or "ridmap":
                IsIdMapped = true;
                break;
            case "private" or "rprivate":
                SetPropagation(MountPropagation.Private, option);
                break;
            case "slave" or "rslave":
                SetPropagation(MountPropagation.Slave, option);
                break;
            case "shared" or "rshared":
                SetPropagation(MountPropagation.Shared, option);
                break;
            case "unbindable" or "runbindable":
                SetPropagation(MountPropagation.Unbindable, option);
                break;
            default:
                var equals = option.IndexOf('=', StringComparison.Ordinal);
                Data.Add(equals < 0 ? (option, null) : (option[..equals], option[(equals + 1)..]));
                break;
        }
    }

    private void SetPropagation(MountPropagation propagation, string option)
    {
        Propagation = propagation;
        PropagationRecursive = option[0] == 'r';
    }

    private static bool ReadAttribute(string option, out MountAttributes set, out MountAttributes clear)
    {
        (set, clear) = option switch
        {
            "ro" => (MountAttributes.ReadOnly, MountAttributes.None),
            "rw" => (MountAttributes.None, MountAttributes.ReadOnly),
            "nosuid" => (MountAttributes.NoSetUid, MountAttributes.None),
            "suid" => (MountAttributes.None, MountAttributes.NoSetUid),
            "nodev" => (MountAttributes.NoDevices, MountAttributes.None),
            "dev" => (MountAttributes.None, MountAttributes.NoDevices),
            "noexec" => (MountAttributes.NoExecute, MountAttributes.None),
            "exec" => (MountAttributes.None, MountAttributes.NoExecute),
            "nosymfollow" => (MountAttributes.NoSymbolicLinks, MountAttributes.None),
            "symfollow" => (MountAttributes.None, MountAttributes.NoSymbolicLinks),
            "nodiratime" => (MountAttributes.NoDirectoryAccessTime, MountAttributes.None),
            "diratime" => (MountAttributes.None, MountAttributes.NoDirectoryAccessTime),
            // The three modes are one field: the kernel wants it cleared whole before one is set.
            "noatime" => (MountAttributes.NoAccessTime, MountAttributes.AccessTimeMask),
            "strictatime" => (MountAttributes.StrictAccessTime, MountAttributes.AccessTimeMask),
            "relatime" or "atime" or "norelatime" or "nostrictatime" => (RelativeAccessTime, MountAttributes.AccessTimeMask),
            _ => ((MountAttributes)ulong.MaxValue, MountAttributes.None),
        };
        return set != (MountAttributes)ulong.MaxValue;
    }
}
