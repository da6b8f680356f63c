using ContainerTools.Linux.Mounts;
using ContainerTools.Oci.Runtime;

namespace ContainerTools.Runtime.Launching;

/// <summary>A mount's options, sorted by what the kernel does with them (runtime-spec config.md, "Linux mount options"; mount(8)).</summary>
internal sealed class MountOptions
{
    private const MountAttributes RelativeAccessTime = MountAttributes.None;

    private static readonly string[] MeaningNames = ["bind", "rbind", "defaults", "remount", "idmap", "ridmap", "tmpcopyup"];

    private static readonly string[] AttributeNames =
    [
        "atime", "dev", "diratime", "exec", "noatime", "nodev", "nodiratime", "noexec", "norelatime", "nostrictatime", "nosuid", "nosymfollow", "relatime", "ro", "rw",
        "strictatime", "suid", "symfollow",
    ];

    private static readonly string[] Propagations = ["private", "shared", "slave", "unbindable"];

    // Flags of the file system's superblock, which fsconfig(2) takes by these names.
    private static readonly string[] SuperblockNames = ["async", "dirsync", "lazytime", "mand", "nolazytime", "nomand", "sync"];

    // mount(2) has flags for them that say nothing to the kernel today: messages are as they are, and inodes count their versions where they can.
    private static readonly string[] WithoutMeaning = ["iversion", "loud", "noiversion", "silent"];

    public MountAttributes Set { get; private set; }

    public MountAttributes Clear { get; private set; }

    public MountAttributes RecursiveSet { get; private set; }

    public MountAttributes RecursiveClear { get; private set; }

    /// <summary>What is bound is a directory or file of the host.</summary>
    public bool IsBind { get; private set; }

    /// <summary>With what is mounted below it.</summary>
    public bool IsRecursive { get; private set; }

    /// <summary>What is mounted there already gets the attributes.</summary>
    public bool IsRemount { get; private set; }

    /// <summary>A new tmpfs gets what the root file system has there.</summary>
    public bool IsCopiedUp { get; private set; }

    /// <summary>Ids are mapped: the mount's own maps, or the container's.</summary>
    public bool IsIdMapped { get; private set; }

    /// <summary>So are those of the mounts below.</summary>
    public bool IsIdMappedBelow { get; private set; }

    public MountPropagation Propagation { get; private set; }

    public bool PropagationRecursive { get; private set; }

    /// <summary>What the file system itself is told; a flag has no value.</summary>
    public List<(string Key, string? Value)> Data { get; } = [];

    /// <summary>The options that are not a file system's own.</summary>
    public static IEnumerable<string> Known =>
        MeaningNames.Concat(AttributeNames.SelectMany(name => new[] { name, "r" + name }))
            .Concat(Propagations.SelectMany(name => new[] { name, "r" + name }))
            .Concat(SuperblockNames).Concat(WithoutMeaning)
            .Order(StringComparer.Ordinal);

    /// <summary>The maps that the options themselves have, as crun(1) takes them with <c>idmap=uids=FROM-TO-LENGTH#...;gids=...</c>; without any, they are the mount's own or the container's.</summary>
    public MountIdMaps? Maps { get; private set; }

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
            case "defaults" or "":
                break;
            case "remount":
                IsRemount = true;
                break;
            case "tmpcopyup":
                IsCopiedUp = true;
                break;
            case "bind":
                IsBind = true;
                break;
            case "rbind":
                IsBind = IsRecursive = true;
                break;
            case "idmap" or "ridmap":
                IsIdMapped = true;
                IsIdMappedBelow |= option == "ridmap";
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
            case "iversion" or "noiversion" or "loud" or "silent":
                break;
            default:
                var equals = option.IndexOf('=', StringComparison.Ordinal);
                if (equals >= 0 && option[..equals] is "idmap" or "ridmap")
                {
                    IsIdMapped = true;
                    IsIdMappedBelow |= option[0] == 'r';
                    Maps = MountIdMaps.Parse(option[(equals + 1)..]);
                    break;
                }
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
