namespace ContainerTools.TestSupport;

/// <summary>Debian's systemd as the first process of a virtual machine, with no more units than the script needs; and one of an ordinary user.</summary>
public static class GuestSystemd
{
    /// <summary>The ordinary user's id; his name is alice, and his ranges begin at 100000.</summary>
    public const int User = 1000;

    /// <summary>Lets systemd start the guest's script.</summary>
    public static void Install(VirtualMachine machine)
    {
        foreach (var program in new[] { "/lib/systemd/systemd", "/lib/systemd/systemd-executor", "/bin/systemctl" }.Where(File.Exists))
        {
            machine.InstallProgram(program);
        }
        File.WriteAllText(Path.Combine(machine.Disk, "guest-init"), "exec /lib/systemd/systemd --log-target=kmsg\n");
        WriteUnit(machine, "default.target", "[Unit]\nDefaultDependencies=no\nRequires=guest.service\nAllowIsolate=yes\n");
        WriteUnit(machine, "guest.service", """
            [Unit]
            DefaultDependencies=no
            [Service]
            Type=oneshot
            Environment=PATH=/bin
            ExecStart=/bin/sh -c 'mount -t devpts devpts /dev/pts; mkdir -p /dev/shm /dev/mqueue; ip link set lo up; sh /guest-script >/dev/ttyS1 2>&1; echo guest-exit:$$? >/dev/ttyS1; poweroff -f'
            """);
    }

    /// <summary>
    /// Adds an ordinary user with ranges of ids, and the unit by which Debian starts his systemd, without PAM. A shell function 'user' runs a script, whose path it is given, as a unit of that
    /// one and prints its output; 'session' runs it as a login session would, beside his systemd.
    /// </summary>
    /// <returns>What the guest's script begins with.</returns>
    public static string InstallUser(VirtualMachine machine)
    {
        foreach (var program in new[] { "/usr/bin/newuidmap", "/usr/bin/newgidmap", "/usr/bin/setpriv" })
        {
            machine.InstallProgram(program);
        }
        var etc = Path.Combine(machine.Disk, "etc");
        File.WriteAllText(Path.Combine(etc, "passwd"), "root:x:0:0:root:/root:/bin/sh\nmessagebus:x:100:100::/:/bin/false\nalice:x:1000:1000::/home/alice:/bin/sh\n");
        File.WriteAllText(Path.Combine(etc, "group"), "root:x:0:\nmessagebus:x:100:\nalice:x:1000:\n");
        File.WriteAllText(Path.Combine(etc, "subuid"), "alice:100000:65536\n");
        File.WriteAllText(Path.Combine(etc, "subgid"), "alice:100000:65536\n");
        Directory.CreateDirectory(Path.Combine(machine.Disk, "home/alice"));
        machine.InstallTree("/lib/systemd/system/user@.service", "lib/systemd/system/user@.service");
        foreach (var unit in new[] { "basic.target", "paths.target", "sockets.target", "timers.target", "exit.target", "shutdown.target", "systemd-exit.service" })
        {
            machine.InstallTree("/usr/lib/systemd/user/" + unit, "usr/lib/systemd/user/" + unit);
        }
        WriteUnit(machine, "user@.service.d/guest.conf", "[Unit]\nDefaultDependencies=no\n[Service]\nPAMName=\nEnvironment=XDG_RUNTIME_DIR=/run/user/%i HOME=/home/alice PATH=/bin\n");
        // What the package's own does with the help of logind.
        WriteUnit(machine, "user-runtime-dir@.service", """
            [Unit]
            DefaultDependencies=no
            [Service]
            Type=oneshot
            RemainAfterExit=yes
            ExecStart=/bin/sh -c 'mkdir -p -m 755 /run/user; mkdir -m 700 /run/user/%i; chown %i:%i /run/user/%i'
            Slice=user-%i.slice
            """);
        WriteUnit(machine, "session.service", """
            [Unit]
            DefaultDependencies=no
            [Service]
            Type=oneshot
            User=alice
            Slice=user-1000.slice
            Environment=XDG_RUNTIME_DIR=/run/user/1000 HOME=/home/alice PATH=/bin
            StandardOutput=truncate:/run/session.out
            StandardError=inherit
            ExecStart=/bin/sh /run/session.sh
            """);
        WriteUserUnit(machine, "default.target", "[Unit]\nDefaultDependencies=no\nRequires=basic.target\nAfter=basic.target\nAllowIsolate=yes\n");
        WriteUserUnit(machine, "script.service", """
            [Unit]
            DefaultDependencies=no
            [Service]
            Type=oneshot
            Environment=PATH=/bin
            StandardOutput=truncate:/run/user/1000/script.out
            StandardError=inherit
            ExecStart=/bin/sh /run/user/1000/script.sh
            """);
        return """
            chmod 4755 /usr/bin/newuidmap /usr/bin/newgidmap; chmod 666 /dev/null; chmod 1777 /tmp; chown 1000:1000 /home/alice
            alice() { /usr/bin/setpriv --reuid 1000 --regid 1000 --clear-groups env XDG_RUNTIME_DIR=/run/user/1000 "$@"; }
            systemctl start user@1000.service || systemctl show user@1000.service -p Result -p ExecMainStatus
            user() { cat >/run/user/1000/script.sh; alice systemctl --user start script.service; cat /run/user/1000/script.out; }
            session() { cat >/run/session.sh; systemctl start session.service; cat /run/session.out; }

            """;
    }

    /// <summary>Adds the host's bus, which an ordinary user's systemd needs to take in a process from outside of what is delegated to it, and that user's own.</summary>
    /// <returns>What the guest's script begins with, before what is the user's.</returns>
    public static string InstallBuses(VirtualMachine machine)
    {
        machine.InstallProgram("/usr/bin/dbus-daemon");
        machine.InstallTree("/usr/share/dbus-1/system.conf", "usr/share/dbus-1/system.conf");
        machine.InstallTree("/usr/share/dbus-1/session.conf", "usr/share/dbus-1/session.conf");
        machine.InstallTree("/usr/share/dbus-1/system.d/org.freedesktop.systemd1.conf", "usr/share/dbus-1/system.d/org.freedesktop.systemd1.conf");
        foreach (var unit in new[] { "dbus.socket", "dbus.service" })
        {
            machine.InstallTree("/usr/lib/systemd/system/" + unit, "lib/systemd/system/" + unit);
            WriteUnit(machine, unit + ".d/guest.conf", "[Unit]\nDefaultDependencies=no\n");
        }
        // The package with the user's own would bring a login manager to this machine.
        WriteUserUnit(machine, "dbus.socket", "[Socket]\nListenStream=%t/bus\n");
        WriteUserUnit(machine, "dbus.service", """
            [Unit]
            Requires=dbus.socket
            [Service]
            Type=notify
            NotifyAccess=main
            ExecStart=/usr/bin/dbus-daemon --session --address=systemd: --nofork --nopidfile --systemd-activation --syslog-only
            """);
        return "systemctl start dbus.service\n";
    }

    /// <summary>Adds a unit of the host's systemd.</summary>
    public static void WriteUnit(VirtualMachine machine, string name, string content) => Write(Path.Combine(machine.Disk, "etc/systemd/system", name), content);

    /// <summary>Adds a unit of every user's systemd.</summary>
    public static void WriteUserUnit(VirtualMachine machine, string name, string content) => Write(Path.Combine(machine.Disk, "etc/systemd/user", name), content);

    private static void Write(string file, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, content.ReplaceLineEndings("\n") + "\n");
    }
}
