@{
    'Save-Image' = @{
        Description = 'Resolves the name at its registry, fetches what the store lacks of the image, verifies every digest and unpacks the layers as they arrive. Layers that another image has brought already are not fetched again. Nothing half-done is ever visible. Names follow Docker''s rules: debian is docker.io/library/debian:latest.'
        Examples = @(
            @{ Code = 'Save-Image debian:12'; Text = 'Pulls Debian 12 from Docker Hub.' }
            @{ Code = 'Save-Image localhost:5000/team/app@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'; Text = 'Pulls exactly this image from a registry on this machine, by plain HTTP.' }
            @{ Code = 'Save-Image debian:12 -Platform linux/arm64 | Export-Image -Path debian-arm64.tar'; Text = 'Fetches another platform''s image and writes it to an archive.' }
        )
    }
    'Publish-Image' = @{
        Description = 'Sends what the registry lacks of the image, byte for byte as the store has it, so that its copy has the same digest. Layers go side by side; those that the registry has are not sent, and those that another of its repositories has are taken from there. After a broken connection the upload goes on where it broke, if the registry can. Only when all is there does the tag name the image.'
        Examples = @(
            @{ Code = 'Publish-Image localhost:5000/team/app:2'; Text = 'Pushes an image to the registry that its name says.' }
            @{ Code = 'Publish-Image app:2 -Destination registry.example/team/app:2, registry.example/team/app:latest'; Text = 'Pushes one image under two names of another registry.' }
            @{ Code = 'Get-Image team/*:2 | ForEach-Object { Publish-Image $_ "localhost:5000/$_" }'; Text = 'Pushes several images to a registry on this machine.' }
            @{ Code = 'Get-Image app-amd64:2, app-arm64:2 | Publish-Image -Index -Destination registry.example/team/app:2'; Text = 'Pushes images of two platforms under one name: who pulls it gets the one for their machine.' }
        )
    }
    'Find-Image' = @{
        Description = 'A repository''s tags, and a registry''s repositories where it lists them, come page by page as they are read. A name with a tag or digest is looked at: its digest, its platforms, and each one''s layers and size. Nothing is pulled. What is found can be piped to Save-Image, and repositories to Find-Image again.'
        Examples = @(
            @{ Code = 'Find-Image debian:12'; Text = 'What Docker Hub has under this name: digest, platforms, size.' }
            @{ Code = '(Find-Image localhost:5000/team/app:2).Platforms.Layers'; Text = 'An image''s layers, without pulling it.' }
            @{ Code = 'Find-Image localhost:5000/team/app:2.* | Save-Image'; Text = 'Pulls all tags that begin so.' }
            @{ Code = 'Find-Image localhost:5000/ | Find-Image -Detailed | Sort-Object DownloadSize -Descending'; Text = 'Everything that a registry has, the largest first.' }
        )
    }
    'Get-ImageLayer' = @{
        Description = 'Size is of the files as they are unpacked, DownloadSize of the blob as a registry has it. CreatedBy is what the image''s history says; an image need not have one. SharedWith names the other images here that have the layer too.'
        Examples = @(
            @{ Code = 'Get-ImageLayer team/app:2'; Text = 'What an image is made of.' }
            @{ Code = 'Get-ImageLayer * | Where-Object { -not $_.SharedWith } | Measure-Object Size -Sum'; Text = 'How much the images have each for itself.' }
        )
    }
    'Get-ContainerDiskUsage' = @{
        Description = 'One object for each kind, with the single things under Items: their size, how much of it others need as well, and who uses them. Images take what was fetched and what is unpacked; what images share counts once. Reclaimable is what would be free if all went that is not in use: images that no container was made from, containers that do not run, volumes that no container has, of the build cache what no image and no build under way needs as well. Nothing is changed.'
        Examples = @(
            @{ Code = 'Get-ContainerDiskUsage'; Text = 'An overview.' }
            @{ Code = '(Get-ContainerDiskUsage Image).Items | Sort-Object UniqueSize -Descending'; Text = 'The images, those first whose removal would free the most.' }
        )
    }
    'Optimize-ContainerStorage' = @{
        Description = 'Without parameters, what has no name and no user: images without a name, and remains of pulls that were broken off. What a running container, a container that stays, or another shell''s work under way needs is never removed; a container that was made but not yet started stays too. -WhatIf lists what would go. What was removed is written, with what it freed.'
        Examples = @(
            @{ Code = 'Optimize-ContainerStorage -StoppedContainer -UnusedImage -WhatIf'; Text = 'Lists containers that have ended and images that nothing else uses.' }
            @{ Code = 'Optimize-ContainerStorage -StoppedContainer -UnusedImage -OlderThan 7d'; Text = 'Removes what was not needed for a week.' }
            @{ Code = 'Optimize-ContainerStorage -BuildCache -OlderThan 7d'; Text = 'Removes what no build has used for a week.' }
            @{ Code = 'Optimize-ContainerStorage -KeepStorage 5GB -WhatIf'; Text = 'Lists what would go of the build cache so that 5 GB of it stay.' }
            @{ Code = 'Optimize-ContainerStorage -UnusedVolume -Confirm'; Text = 'Asks for each volume that no container has.' }
        )
    }
    'Copy-Image' = @{
        Description = 'Copies byte for byte, an index with all its platforms, so that the copy has the same digest. Blobs stream through this machine and nothing is kept on it; what the other registry has is not sent, and within one registry nothing is sent at all. Artifacts that are not images are copied too.'
        Examples = @(
            @{ Code = 'Copy-Image debian:12 registry.example/mirror/debian:12'; Text = 'Mirrors an image with all its platforms.' }
            @{ Code = 'Find-Image localhost:5000/team/app:2.* | ForEach-Object { Copy-Image $_ "registry.example/team/app:$($_.Tag)" }'; Text = 'Copies all tags that begin so to another registry.' }
        )
    }
    'Connect-ImageRegistry' = @{
        Description = 'Tries user and password at the registry first; only what it accepts is kept. It is kept where docker, podman and skopeo find it: in $env:DOCKER_CONFIG or ~/.docker, in the file config.json, or in the credential helper that the file names (credsStore, credHelpers). What else is in the file stays. Save-Image, Publish-Image and Find-Image use the login by themselves.'
        Examples = @(
            @{ Code = 'Connect-ImageRegistry registry.example -Credential (Get-Credential)'; Text = 'Asks for user and password, and logs in.' }
            @{ Code = 'Connect-ImageRegistry registry.example ([pscredential]::new(''robot'', (ConvertTo-SecureString $env:TOKEN -AsPlainText)))'; Text = 'Logs in by an access token.' }
            @{ Code = 'Connect-ImageRegistry localhost:5000 -Credential $user -CertificateAuthority ./ca.crt'; Text = 'Logs in to a registry with a certificate of a private authority.' }
        )
    }
    'Disconnect-ImageRegistry' = @{
        Description = 'Takes the login out of docker''s config.json, and out of the credential helper that the file names.'
        Examples = @(@{ Code = 'Disconnect-ImageRegistry registry.example'; Text = 'Forgets a login.' })
    }
    'Get-Image' = @{
        Description = 'A name without wildcards that is not there is an error; a pattern that matches nothing gives nothing.'
        Examples = @(
            @{ Code = 'Get-Image'; Text = 'All images.' }
            @{ Code = 'Get-Image *debian* | Sort-Object Size'; Text = 'Those whose name contains debian, the smallest first.' }
            @{ Code = 'Get-Image 3fd1 | Format-List'; Text = 'All that is known of the image whose id begins so.' }
        )
    }
    'Remove-Image' = @{
        Description = 'Removes the name. When it was the image''s last one, the image is removed too, and of its layers and blobs those that no other image, no container and no pull under way needs. An image that a container was made from is refused unless -Force is given.'
        Examples = @(
            @{ Code = 'Remove-Image debian:12'; Text = 'Removes one image.' }
            @{ Code = 'Get-Image localhost:5000/* | Remove-Image -WhatIf'; Text = 'Says what would be removed.' }
        )
    }
    'Add-ImageTag' = @{
        Description = 'Nothing is copied: both names are of the same image.'
        Examples = @(@{ Code = 'Add-ImageTag debian:12 localhost:5000/base:stable'; Text = 'Gives Debian 12 a second name.' })
    }
    'Import-Image' = @{
        Description = 'Takes OCI image layouts in a tar (as skopeo and podman save write them) and docker save''s archives, compressed or not. Of an archive of a root file system, as Export-Container writes it, New-Image -Path makes an image. The same checks apply as for a pull.'
        Examples = @(
            @{ Code = 'Import-Image app.tar'; Text = 'Imports all images of the archive under the names it gives.' }
            @{ Code = 'Import-Image app.tar -Name team/app:2.1 | New-Container -Name app'; Text = 'Imports one image under a name of your choice and makes a container of it.' }
        )
    }
    'Export-Image' = @{
        Description = 'The archive appears once it is complete.'
        Examples = @(@{ Code = 'Get-Image team/* | Export-Image -Path team.tar -Format Docker'; Text = 'Writes several images to one archive that docker load reads.' })
    }
    'Build-Image' = @{
        Description = 'Executes a Containerfile as Docker''s reference describes it: stages, of which those that the target does not need are passed over and independent ones are built side by side; RUN in a container of its own, isolated as every container is; COPY and ADD with .dockerignore. Each step that changes files becomes a layer. A step whose inputs are as before (files by their content, not by their time) is taken from the cache, so that building again what has not changed executes nothing and gives the same digest. A build that fails or is stopped leaves no container and no image, and the cache keeps what has succeeded; errors name the file, the line and the column. -Verbose shows the steps and what their commands write. With $env:SOURCE_DATE_EPOCH set to seconds since 1970, no time is later than that. -CacheTo writes the results of the steps to a registry, and -CacheFrom takes them from there on a machine that has none: only the layers that are needed are fetched. Git repositories are fetched by the program git over http, https, git and ssh, without asking for passwords; credential helpers, certificates, proxies, names of servers and the ssh command come from its configuration, and nothing else does. The secrets GIT_AUTH_TOKEN and GIT_AUTH_HEADER, or GIT_AUTH_TOKEN.HOST for one server, are for git over https, HTTP_AUTH_TOKEN_HOST and HTTP_AUTH_HEADER_HOST for ADD by URL; neither goes to another server. The build arguments SOURCE_DATE_EPOCH, BUILDKIT_INLINE_CACHE, BUILDKIT_CONTEXT_KEEP_GIT_DIR, BUILDKIT_CACHE_MOUNT_NS and BUILDKIT_SANDBOX_HOSTNAME do what they do elsewhere. The build cache is kept within 20 GB, or a tenth of the file system, or what $env:CONTAINERTOOLS_BUILD_CACHE_LIMIT says in bytes (0 for no limit), and what no build has used for 60 days goes; Optimize-ContainerStorage -BuildCache removes it sooner. With -CacheTo in its default mode the results of the steps of the image itself go there: elsewhere, a stage that others only copy from is passed over as long as its instructions and files are as they were, and executed again once something of it has changed; with mode=max the steps before the change are not.'
        Examples = @(
            @{ Code = 'Build-Image -Tag team/app:2'; Text = 'Builds the current directory.' }
            @{ Code = 'Build-Image ./app -File ./app/Containerfile.test -Target test -BuildArgument @{ VERSION = ''2.1'' } -Verbose'; Text = 'Builds one stage of another file, and shows what its commands write.' }
            @{ Code = 'Build-Image ./app -Tag team/app:2 -Secret @{ token = Get-Item ./token.txt } -BuildContext @{ shared = ''../shared''; base = ''docker-image://debian:12'' }'; Text = 'With a secret for RUN --mount=type=secret,id=token, a second directory for COPY --from=shared, and an image of your choice for FROM base.' }
            @{ Code = "Build-Image ./app -Tag team/app:2 -CacheFrom registry.example/team/app:cache -CacheTo 'type=registry,ref=registry.example/team/app:cache,mode=max'"; Text = 'On a machine of a build farm: takes the steps that another machine has executed, and gives it those of this build, of all stages.' }
            @{ Code = 'Build-Image https://git.example/team/app.git#v2:server -Tag team/app:2 -Ssh default'; Text = 'Builds a directory of a git repository at a tag; RUN --mount=type=ssh and git may ask the agent of this session.' }
            @{ Code = 'Build-Image https://git.example/team/app.git -Tag team/app:2 -CertificateAuthority ./ca.pem -Secret @{ GIT_AUTH_TOKEN = Get-Item ./token.txt }'; Text = 'Builds a private repository on a server whose certificate is of an authority of your own.' }
            @{ Code = 'Get-Content ./Containerfile | Build-Image - -Tag tool'; Text = 'Builds a Containerfile without other files.' }
            @{ Code = "Build-Image ./app -Target test-results -Output ./results; Build-Image ./app -Output 'type=oci,dest=app.tar'"; Text = 'Writes the files of a stage into a directory, and the image into an archive, and keeps neither in the store.' }
            @{ Code = 'Build-Image ./app -Tag team/app:2 | New-Container -Name app | Start-Container'; Text = 'Builds and runs.' }
        )
    }
    'New-Image' = @{
        Description = 'Of a container: the layers of its image with one more, which holds what the container has changed, deleted files too; volumes and other mounts are no part of it. A running container is suspended while its files are read. The configuration is that of the container''s image with the changes asked for; what the container itself was made to run is not taken over. With $env:SOURCE_DATE_EPOCH set to seconds since 1970, the same files give the same digest.'
        Examples = @(
            @{ Code = 'Get-Container build | New-Image -Tag team/app:2 -Command serve'; Text = 'Makes an image of what was built in a container.' }
            @{ Code = 'New-Image build -Squash -Tag team/app:flat -User app -ExposedPort 8080 -Message ''one layer'''; Text = 'The same as one layer, with another user and a port.' }
            @{ Code = 'New-Image -Path ./rootfs -Tag team/tool -Entrypoint /bin/tool'; Text = 'Makes an image of a directory.' }
            @{ Code = 'Export-Container web -Path web.tar; New-Image -Path web.tar -Tag web:flat'; Text = 'Makes an image of an archive of files.' }
        )
    }
    'Get-ImageHistory' = @{
        Description = 'The history is what the builder wrote into the image''s configuration; an image need not have one.'
        Examples = @(@{ Code = 'Get-ImageHistory debian:12'; Text = 'How the image was built.' })
    }
    'New-Container' = @{
        Description = 'Makes a container: its configuration, its writable layer, and its range of user ids. Start-Container starts it. The image''s entrypoint, command, environment, user, working directory and stop signal apply where no parameter says otherwise. The remaining arguments are the command; put -- before one whose arguments look like parameters (the -c of sh -c needs none). By default the container is on the network ''bridge'' (an ordinary user''s has loopback only), in a user namespace with a private range of ids, with Docker''s default capabilities and its default list of system calls.'
        Examples = @(
            @{ Code = 'New-Container debian:12 -Name web sleep 1d'; Text = 'A container that will sleep.' }
            @{ Code = 'Save-Image debian:12 | New-Container -Volume data:/data -Memory 512MB -- ls -l /data | Start-Container'; Text = 'From the registry to a running container.' }
            @{ Code = 'New-Container team/app:2 -Name app -RestartPolicy unless-stopped | Start-Container'; Text = 'A service: whenever it ends by itself it is started again, first after a tenth of a second, then after twice as long each time, up to a minute; Stop-Container ends that.' }
            @{ Code = "New-Container team/app:2 -Name app -HealthCommand 'wget -qO- http://localhost/health' -HealthInterval 10s -HealthStartPeriod 1m"; Text = 'Asks the program every ten seconds whether it is well: Get-Container shows it, and the object''s Health property has the last answers.' }
            @{ Code = 'New-Container nginx:1 -Name web -Network app -Publish 8080:80, 127.0.0.1:8443:443 | Start-Container'; Text = 'On a network, port 80 reached by port 8080 of the host, and port 443 from the host itself only.' }
            @{ Code = 'Import-Csv containers.csv | New-Container'; Text = 'Rows with columns Image, Name, Memory and so on, bound by name.' }
        )
    }
    'Get-Container' = @{
        Description = 'A name without wildcards that is not there is an error; a pattern that matches nothing gives nothing. The objects are snapshots: look a container up again to see what has become of it.'
        Examples = @(
            @{ Code = 'Get-Container -State Running'; Text = 'Those that run.' }
            @{ Code = 'Get-Container -Label team=web, stage'; Text = 'Those with both labels, the second with any value.' }
            @{ Code = 'Get-Container | Where-Object ExitCode -gt 0 | Format-List'; Text = 'All about those that failed.' }
        )
    }
    'Start-Container' = @{
        Description = 'Starts a container''s command. It goes on running when this shell ends. A command that cannot be started is an error here. Lines that are given with -StandardInput are the whole input, also of a container that runs already: after them it reads the end, and cannot be fed again.'
        Examples = @(
            @{ Code = 'Start-Container web -PassThru'; Text = 'Starts it and shows it.' }
            @{ Code = 'Get-Container worker-* | Start-Container -ThrottleLimit 16'; Text = 'Starts many, sixteen at a time.' }
            @{ Code = 'New-Container busybox -Interactive -- sort | Start-Container -Attach -StandardInput b, a'; Text = 'Feeds it and waits for its end.' }
            @{ Code = 'New-Container busybox -Interactive -Terminal sh | Start-Container -Attach'; Text = 'Works with its terminal in this one. Ctrl+P, Ctrl+Q leaves it running.' }
        )
    }
    'Stop-Container' = @{
        Description = 'Sends the stop signal, waits, and kills what still runs then. Containers are stopped side by side, so that ten take no longer than the slowest.'
        Examples = @(
            @{ Code = 'Stop-Container web -Timeout 2'; Text = 'Gives it two seconds.' }
            @{ Code = 'Get-Container | Where-Object State -eq Running | Stop-Container'; Text = 'Stops all that run.' }
        )
    }
    'Send-ContainerSignal' = @{
        Description = 'The signal goes to the container''s first process, which does with it what it likes; Stop-Container is for ending it. A container that does not run is an error. One that is suspended gets it when it goes on, KILL excepted.'
        Examples = @(
            @{ Code = 'Send-ContainerSignal web HUP'; Text = 'Has a server read its configuration again.' }
            @{ Code = 'Get-Container worker-* | Send-ContainerSignal -Signal USR1'; Text = 'Tells several.' }
        )
    }
    'Suspend-Container' = @{
        Description = 'The processes stand still, with all they have in memory, until Resume-Container lets them go on. They are asked nothing and notice nothing but the time that has passed. A container that is suspended already is left as it is.'
        Examples = @(@{ Code = 'Suspend-Container web; Copy-Item -Recurse (Get-Volume data).MountPoint backup; Resume-Container web'; Text = 'Copies a volume while nothing is written to it.' })
    }
    'Resume-Container' = @{
        Description = 'A container that is not suspended is left as it is; one that does not run is an error.'
        Examples = @(@{ Code = 'Get-Container -State Paused | Resume-Container'; Text = 'Lets all go on that are suspended.' })
    }
    'Restart-Container' = @{
        Description = 'Stops as Stop-Container does, and starts. The writable layer stays. A container that was made with -AutoRemove is kept for its next run.'
        Examples = @(@{ Code = 'Get-Container web-* | Restart-Container -Timeout 2'; Text = 'Restarts several, side by side.' })
    }
    'Rename-Container' = @{
        Description = 'The container may be running.'
        Examples = @(@{ Code = 'Rename-Container web web-old'; Text = 'Makes the name free for another one.' })
    }
    'Set-Container' = @{
        Description = 'Limits of a running container hold at once. If the kernel refuses one, as a memory limit below what is in use, none is changed. What is not named stays as it is.'
        Examples = @(
            @{ Code = 'Set-Container web -Memory 1GB -Cpus 1.5'; Text = 'Sets two limits.' }
            @{ Code = 'Get-Container -State Running | Set-Container -PidsLimit 0 -PassThru'; Text = 'Takes a limit away from all that run.' }
        )
    }
    'Wait-Container' = @{
        Description = 'A container that has ended already is written at once. One whose restart policy will start it again has not ended.'
        Examples = @(@{ Code = '(Start-Container job -PassThru | Wait-Container).ExitCode'; Text = 'Runs a container to its end and shows its exit code.' })
    }
    'Remove-Container' = @{
        Description = 'The writable layer and the log go with the container; volumes stay. A running container is refused unless -Force is given.'
        Examples = @(@{ Code = 'Get-Container -State Exited | Remove-Container'; Text = 'Removes all that have ended.' })
    }
    'Invoke-Container' = @{
        Description = 'Creates a container, starts it, writes its output as it comes, waits for its end and removes it. Lines of its standard error are on the error stream, without stopping a script: 2>$null drops them, 2>&1 puts them among the output. $LASTEXITCODE is the command''s exit code; 127 when there is no such command, 126 when it cannot be executed, 125 when the container could not be made or started for another reason, 130 after Ctrl+C, which ends and removes the container, and so does the end of this shell, whatever brings it. With $PSNativeCommandUseErrorActionPreference an exit code other than 0 is an error too, as a native command''s is. A line is one string however long it is; what is not text is taken by -AsByteStream or -OutFile, and is not in the log then. The words after -- are the command''s as they are: $null is none, '''' is one.'
        Examples = @(
            @{ Code = "'b', 'a' | Invoke-Container busybox -Interactive -- sort"; Text = 'Feeds the container from the pipeline: text is lines, bytes are bytes. Without a pipeline its input is empty.' }
            @{ Code = 'Invoke-Container busybox -Interactive -Terminal sh'; Text = 'Works with a shell in this terminal. Ctrl+P, Ctrl+Q leaves it running, and then it is kept.' }
            @{ Code = 'Invoke-Container debian:12 -- ls -l /'; Text = 'Lists a directory of the image.' }
            @{ Code = 'Invoke-Container debian:12 -Volume ./src:/src:ro -- grep -r TODO /src | Measure-Object'; Text = 'Works on a directory of the host, which cannot be changed from inside.' }
            @{ Code = 'Invoke-Container debian:12 -OutFile etc.tgz -- tar -cz /etc'; Text = 'Writes what the command writes to a file, byte for byte.' }
            @{ Code = '[byte[]] $random = Invoke-Container debian:12 -AsByteStream -- head -c 16 /dev/urandom'; Text = 'Takes it as bytes.' }
            @{ Code = 'Invoke-Container debian:12 -Mount type=bind,source=./src,target=/src,readonly -TmpFs /tmp:size=64m,mode=1777 -- ls /src'; Text = 'Options with commas need no quotes.' }
            @{ Code = 'Invoke-Container debian:12 -UserNamespace keep-id -Volume ./src:/src -WorkingDirectory /src -- touch made'; Text = 'For an ordinary user: the command has his own id, so what it makes in his directory is his.' }
        )
    }
    'Invoke-ContainerCommand' = @{
        Description = 'The command runs in the container''s namespaces with the container''s limits, environment and user, where no parameter says otherwise. Output, errors and $LASTEXITCODE are as for Invoke-Container. What is piped is the command''s standard input as it comes: text is a line, bytes are bytes. Piped containers are where the command runs, one after the other.'
        Examples = @(
            @{ Code = 'Invoke-ContainerCommand web -- cat /etc/os-release'; Text = 'Reads a file.' }
            @{ Code = 'Get-Container | Invoke-ContainerCommand hostname'; Text = 'Asks every container.' }
            @{ Code = 'Invoke-ContainerCommand db -OutFile dump.gz -- sh -c "pg_dump app | gzip"'; Text = 'Writes the bytes of its output to a file.' }
            @{ Code = 'Get-Content dump.sql | Invoke-ContainerCommand db -Command psql'; Text = 'Feeds a command''s standard input.' }
            @{ Code = 'Invoke-ContainerCommand db -Detach -- vacuumdb --all'; Text = 'Leaves the command to itself.' }
        )
    }
    'Get-ContainerLog' = @{
        Description = 'Each record has a time, a stream and a message. Logs are kept until the container is removed.'
        Examples = @(
            @{ Code = 'Get-ContainerLog web -Tail 20 -Follow'; Text = 'The last twenty lines and what comes after.' }
            @{ Code = 'Get-ContainerLog web -Since 10m | Where-Object Stream -eq Error | ForEach-Object Message'; Text = 'What it wrote to standard error in the last ten minutes.' }
        )
    }
    'Get-ContainerProcess' = @{
        Description = 'What the container''s control group holds, so also what was started by Invoke-ContainerCommand and what has left its parent. Id is the id on the host, which Stop-Process and kill(1) take; InnerId is the id inside. A container that is named must run; a wildcard pattern, and the command without names, find those that do.'
        Examples = @(
            @{ Code = 'Get-ContainerProcess web'; Text = 'The processes of one container.' }
            @{ Code = 'Get-ContainerProcess | Sort-Object Memory -Descending | Select-Object -First 5 Container, Name, Memory'; Text = 'The five largest processes of all containers.' }
        )
    }
    'Get-ContainerStatistics' = @{
        Description = 'Processor use is measured between two looks, one second apart unless -Interval says otherwise; several containers are measured at the same moments. Memory has three sizes: MemoryWorkingSet is what the processes have resident, MemoryUsage what docker stats shows, and MemoryCharged what counts against the limit, file cache included. Sizes are bytes, and what this machine does not count is empty.'
        Examples = @(
            @{ Code = 'Get-ContainerStatistics'; Text = 'All running containers, once.' }
            @{ Code = 'Get-ContainerStatistics web -Continuous | Where-Object CpuPercent -gt 90'; Text = 'Each second in which a container has kept a processor busy.' }
        )
    }
    'Copy-ContainerItem' = @{
        Description = 'One side, or both, is in a container: NAME:/path, or -FromContainer and -ToContainer, which take containers'' objects too. Owners (by number, as they are inside), modes, times, links, holes and user attributes are kept; devices and sockets are left out with a warning. A directory that is there already takes the copy in it; a file is replaced once its successor is whole. What is mounted in a container, its volumes say, is seen whether it runs or not, and no link inside leads to the host''s files.'
        Examples = @(
            @{ Code = 'Copy-ContainerItem ./site web:/srv/www'; Text = 'Puts a directory into a container: as /srv/www/site if /srv/www is there, else as /srv/www.' }
            @{ Code = 'Copy-ContainerItem web:/var/log/. ./logs'; Text = 'Takes what is in a directory out.' }
            @{ Code = 'Get-ChildItem *.conf | Copy-ContainerItem -Destination /etc/app -ToContainer web-*'; Text = 'Gives several files to several containers.' }
        )
    }
    'Compare-Container' = @{
        Description = 'Works on running and stopped containers. Added is what the image does not have, Modified what has other content, owner or mode (a directory: in which something was added or deleted), Deleted what the image has and the container no longer; a deleted directory stands for all that was in it. Volumes are no part of the root file system, and what was made only for something to be mounted on is no change.'
        Examples = @(
            @{ Code = 'Compare-Container web'; Text = 'What the container has changed.' }
            @{ Code = 'Compare-Container web | Where-Object Kind -eq Added | Measure-Object Size -Sum'; Text = 'How much it has added.' }
        )
    }
    'Export-Container' = @{
        Description = 'The archive has the image''s layers and the container''s own as one tree, with owners, modes, times, links and extended attributes. Volumes are no part of it. Only its owner may read the archive.'
        Examples = @(
            @{ Code = 'Export-Container web web.tar'; Text = 'Writes one container.' }
            @{ Code = 'Get-Container | Export-Container -Path ./backup'; Text = 'Writes each container to a file of its name in a directory.' }
        )
    }
    'Get-ContainerEvent' = @{
        Description = 'The store keeps what has happened to its containers, images and volumes: who was made, started, ended, suspended, renamed, removed and so on, by this shell, by others, and by itself. The last 8 to 16 MB are kept. Without -Follow it gives what is kept and ends; with -Follow what happens from now on, until it is stopped or -Until is reached.'
        Examples = @(
            @{ Code = 'Get-ContainerEvent -Since 1h -Action Die | Where-Object ExitCode -ne 0'; Text = 'What has failed in the last hour.' }
            @{ Code = 'Get-ContainerEvent -Follow -Type Container | ForEach-Object { "$($_.Time) $($_.Action) $($_.Name)" }'; Text = 'Shows what happens to containers as it happens.' }
            @{ Code = 'Get-Container web | Get-ContainerEvent'; Text = 'The life of one container.' }
        )
    }
    'Enter-Container' = @{
        Description = 'The shell is the user''s in the container''s /etc/passwd, or else bash or sh, whichever is there; -Command names another program. Keys go to the container as they are pressed: Ctrl+C interrupts there, Ctrl+D ends the shell, and the size of the window follows. Ctrl+P Ctrl+Q leaves; the shell is then hung up, as when a connection is closed. $LASTEXITCODE is the shell''s exit code.'
        Examples = @(
            @{ Code = 'Enter-Container web'; Text = 'A shell in the container.' }
            @{ Code = 'Enter-Container db -User postgres -Command psql'; Text = 'Works with a program as another user.' }
        )
    }
    'New-Volume' = @{
        Description = 'A volume outlives every container. One that does not exist is also made by -Volume name:/path of New-Container; a volume that is there already is an error here.'
        Examples = @(@{ Code = 'New-Volume data -Label @{ owner = ''team'' }'; Text = 'Makes a volume with a label.' })
    }
    'Get-Volume' = @{
        Description = 'A name without wildcards that is not there is an error; a pattern that matches nothing gives nothing.'
        Examples = @(@{ Code = 'Get-Volume | Where-Object { -not $_.UsedBy }'; Text = 'Volumes that no container has.' })
    }
    'Remove-Volume' = @{
        Description = 'A volume that a container has is refused.'
        Examples = @(@{ Code = 'Remove-Volume data'; Text = 'Deletes the volume and what is in it.' })
    }
    'New-ContainerNetwork' = @{
        Description = 'Containers on one network reach each other by address, by name and by the beginning of their id. Without -Subnet a range is chosen that clashes neither with what the host reaches nor with other networks. The bridge on the host is there while a container is on the network. A host firewall that drops forwarded packets by default, as docker''s does, drops those of containers too: such a firewall must be told to accept packets from and to interfaces named ct-*. Get-ContainerHost gives the command.'
        Examples = @(
            @{ Code = 'New-ContainerNetwork app'; Text = 'A network of its own for containers that belong together.' }
            @{ Code = 'New-ContainerNetwork back -Subnet 10.1.0.0/24, fd00:1::/64 -Internal'; Text = 'IPv4 and IPv6 ranges of one''s own choice, and no way to the outside.' }
        )
    }
    'Get-ContainerNetwork' = @{
        Description = 'A name without wildcards that is not there is an error; a pattern that matches nothing gives nothing. The network named bridge is made on first use.'
        Examples = @(@{ Code = 'Get-ContainerNetwork app | ForEach-Object Endpoints'; Text = 'The running containers on a network with their addresses.' })
    }
    'Remove-ContainerNetwork' = @{
        Description = 'A network that a container has is refused, unless -Force disconnects the containers first.'
        Examples = @(@{ Code = 'Get-ContainerNetwork | Where-Object { -not $_.UsedBy } | Remove-ContainerNetwork'; Text = 'Removes networks that no container has.' })
    }
    'Connect-ContainerNetwork' = @{
        Description = 'A running container gets a further interface at once, and the others on the network learn its names.'
        Examples = @(@{ Code = 'Get-Container web | Connect-ContainerNetwork back -Alias frontend'; Text = 'Puts a running container on a second network.' })
    }
    'Disconnect-ContainerNetwork' = @{
        Description = 'The interface of a running container goes at once. Ports that are published to it lead to another network of the container''s from then on; where it has none, to the next one that it is connected to.'
        Examples = @(@{ Code = 'Disconnect-ContainerNetwork app web'; Text = 'Takes a container off a network.' })
    }
    'Get-ContainerHost' = @{
        Description = 'Kernel, control groups, user namespaces, what overlay file systems can do here, and what is missing.'
        Examples = @(@{ Code = 'Get-ContainerHost'; Text = 'What this machine can do.' })
    }
}
