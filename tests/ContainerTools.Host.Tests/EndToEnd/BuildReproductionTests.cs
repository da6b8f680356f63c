using ContainerTools.TestSupport;

namespace ContainerTools.Host.Tests.EndToEnd;

/// <summary>The same inputs and SOURCE_DATE_EPOCH come to the same image on two machines, which two stores, file systems, clocks' zones, host names and checkouts play.</summary>
[Collection(MachineCollection.Name)]
public sealed class BuildReproductionTests
{
    private const string Epoch = "1700000000"; // 2023-11-14; what is checked out or made is later.

    private const string Containerfile = """
        FROM busybox AS build
        WORKDIR /src/deep
        COPY --chown=10:20 . .
        ADD tree.tar.gz /unpacked/
        RUN --mount=type=cache,target=/cache --mount=type=tmpfs,target=/fast \
            ls -f dir | sort > names && mkdir -p /made/a/b && echo x > /made/a/b/x && ln /made/a/b/x /made/hard && ln -s x /made/a/link && chmod 2711 /made/a && \
            touch -d '2001-02-03 04:05:06' /made/old && touch /etc/passwd && rm -r /home && date > /dev/null && mkfifo /made/fifo && chown -R 5:6 /made/a && echo $$ > /fast/pid
        RUN rm -r /src/deep/dir/3 && mkdir /src/deep/dir/3 && echo new > /src/deep/dir/3/new
        FROM busybox
        COPY --from=build /src /src
        COPY --from=build /made /made/
        COPY <<END /etc/motd
        hello
        END
        ENV A=1
        RUN cp -a /made /again && hostname > /dev/null
        LABEL b=2 a=1
        """;

    [Fact]
    public void The_same_image_comes_of_other_times_places_names_and_file_systems()
    {
        using var here = new TemporaryStore();
        using var there = new TemporaryStore();
        string archive = Path.Combine(here.Scratch, "busybox.tar");
        BusyboxImage.WriteDockerArchive(archive);

        // The other one is in memory, whose directories list their names in another order.
        Directory.CreateDirectory(there.Root);
        Directory.CreateDirectory(there.Scratch);
        Command.Run("mount", "-t", "tmpfs", "tests", there.Root).Succeeded();
        Command.Run("mount", "-t", "tmpfs", "tests", there.Scratch).Succeeded();
        CheckOut(here, "1 2 3 4 5 6 7 8 9", "2024-05-06 07:08:09 UTC", "root");
        CheckOut(there, "9 2 7 1 8 3 5 4 6", "2025-01-01 UTC", "nobody");

        string one = Build(here, archive, "Pacific/Auckland", "first-host", "022");
        string two = Build(there, archive, "America/New_York", "other-host", "077");

        Assert.Equal(one, two);
        Assert.Contains("digest sha256:", one, StringComparison.Ordinal);
        Assert.Contains("created 2023-11-14T22:13:20", one, StringComparison.Ordinal);
    }

    private static void CheckOut(TemporaryStore store, string order, string time, string owner) => Command.Run("bash", ["-euc", """
        mkdir -p "$1/context/dir"; cd "$1/context"
        printf '%s' "$5" >Containerfile
        for i in $2; do mkdir "dir/$i"; echo "$i" >"dir/$i/file"; ln "dir/$i/file" "dir/$i/same"; ln -s file "dir/$i/link"; done
        chmod 750 dir/4; printf '#!/bin/sh\n' >run.sh; chmod 755 run.sh
        printf 'Containerfile\n*.log\n' >.dockerignore; echo "$3" >noise.log
        mkdir tree; echo in >tree/in; tar --sort=name --mtime=@1600000000 --owner=0 --group=0 -c tree | gzip -n >tree.tar.gz; rm -r tree
        find . -exec touch -h -d "$3" {} +; chown -hR "$4" .
        """, "bash", store.Scratch, order, time, owner, Containerfile]).Succeeded();

    private static string Build(TemporaryStore store, string archive, string zone, string host, string mask)
    {
        string script = Path.Combine(store.Scratch, "build.ps1");
        File.WriteAllText(script, $$"""
            $ErrorActionPreference = 'Stop'
            $null = Import-Image '{{archive}}'
            $image = Build-Image '{{store.Scratch}}/context' -Tag app:1 -Network none -WarningAction SilentlyContinue
            "digest $($image.Digest)"
            "id $($image.Id)"
            "created $($image.Created.UtcDateTime.ToString('s'))"
            Get-ImageHistory app:1 | ForEach-Object { "$($_.Created.UtcDateTime.ToString('s')) $($_.CreatedBy)" }
            Get-ImageLayer app:1 | ForEach-Object { "$($_.DiffId) $($_.Digest)" }
            """);
        var (arguments, environment) = HostShell.CommandLine(store, script);
        var own = new Dictionary<string, string?>(environment) { ["TZ"] = zone, ["SOURCE_DATE_EPOCH"] = Epoch, ["LC_ALL"] = "C" };
        return Command.Run("unshare", ["--uts", "bash", "-euc", "hostname \"$1\"; umask \"$2\"; shift 2; exec \"$@\"", "bash", host, mask, .. arguments], own, timeout: TimeSpan.FromMinutes(2)).Succeeded().Output;
    }
}
